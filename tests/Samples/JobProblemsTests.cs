using AkkaLb.Client;
using AkkaLb.Core.Clients;
using AkkaLb.Samples.WebApi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace AkkaLb.Samples.Tests;

/// <summary>What the web API's caller is told of a job without a result.</summary>
public sealed class JobProblemsTests
{
    [Theory]
    [InlineData(JobError.NoBalancer, 0)]
    [InlineData(JobError.NoWorker, 0)]
    [InlineData(JobError.NotStarted, 3)]
    [InlineData(JobError.TooManyJobs, 0)]
    [InlineData(JobError.Closed, 0)]
    public async Task A_job_that_was_not_begun_may_be_sent_again(JobError error, int sends) => Assert.Equal(
        (StatusCodes.Status503ServiceUnavailable, "The job was not begun. Try again later."), await AnswerAsync(error, sends));

    [Theory]
    [InlineData(JobError.Closed, 1, StatusCodes.Status502BadGateway)]
    [InlineData(JobError.WorkerLost, 1, StatusCodes.Status502BadGateway)]
    [InlineData(JobError.RetriesExhausted, 4, StatusCodes.Status502BadGateway)]
    [InlineData(JobError.WorkerFailed, 1, StatusCodes.Status502BadGateway)]
    [InlineData(JobError.DeadlineExceeded, 1, StatusCodes.Status504GatewayTimeout)]
    public async Task Of_a_job_that_was_sent_it_is_said_that_it_may_have_been_done(JobError error, int sends, int status)
    {
        var (answered, title) = await AnswerAsync(error, sends);
        Assert.Equal(status, answered);
        Assert.EndsWith("may have been done.", title, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_no_worker_can_do_is_not_worth_another_try() => Assert.Equal(
        (StatusCodes.Status502BadGateway, "No worker can do this job."), await AnswerAsync(JobError.Unsupported, 1));

    private static async Task<(int Status, string? Title)> AnswerAsync(JobError error, int sends)
    {
        var failed = new JobOutcome.Failed(error, null, "it is so", null, null, sends, TimeSpan.Zero, TimeSpan.Zero);
        var (http, written) = (new DefaultHttpContext(), new Written());
        var problems = new JobProblems(written, NullLogger<JobProblems>.Instance);
        Assert.True(await problems.TryHandleAsync(http, new JobFailedException(default, failed), CancellationToken.None));
        return (http.Response.StatusCode, written.Context?.ProblemDetails.Title);
    }

    private sealed class Written : IProblemDetailsService
    {
        public ProblemDetailsContext? Context { get; private set; }

        public ValueTask WriteAsync(ProblemDetailsContext context) => throw new NotSupportedException("it is not known whether it can be written");

        public ValueTask<bool> TryWriteAsync(ProblemDetailsContext context)
        {
            Context = context;
            return ValueTask.FromResult(true);
        }
    }
}
