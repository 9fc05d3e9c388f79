using AkkaLb.Client;
using AkkaLb.Core.Clients;
using Microsoft.AspNetCore.Diagnostics;

namespace AkkaLb.Samples.WebApi;

/// <summary>Answers a request whose job has failed. The log says why; the caller learns what it can do about it.</summary>
public sealed class JobProblems(IProblemDetailsService problems, ILogger<JobProblems> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not JobFailedException failed)
        {
            return false;
        }

        log.LogWarning("{Problem}", failed.Message);
        var (status, title) = AnswerTo(failed);
        httpContext.Response.StatusCode = status;
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Title = title, Extensions = { ["job"] = $"{failed.Job}", ["error"] = $"{failed.Error}" } },
        });
    }

    /// <summary>A caller may only be told to try again when the job was not begun: else it might be done twice.</summary>
    private static (int Status, string Title) AnswerTo(JobFailedException failed) => failed.Error switch
    {
        JobError.Closed when failed.Outcome.Sends > 0 => (StatusCodes.Status502BadGateway, "The server ended before the job. It may have been done."),
        JobError.NoBalancer or JobError.NoWorker or JobError.NotStarted or JobError.TooManyJobs or JobError.Closed
            => (StatusCodes.Status503ServiceUnavailable, "The job was not begun. Try again later."),
        JobError.DeadlineExceeded => (StatusCodes.Status504GatewayTimeout, "The job did not end in time. It may have been done."),
        JobError.Unsupported => (StatusCodes.Status502BadGateway, "No worker can do this job."),
        JobError.WorkerFailed or JobError.WorkerLost or JobError.RetriesExhausted
            => (StatusCodes.Status502BadGateway, "The worker failed or was lost. The job may have been done."),
        JobError.Cancelled => (StatusCodes.Status499ClientClosedRequest, "The job was cancelled. It may have been done."),
    };
}
