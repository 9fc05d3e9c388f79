using AkkaLb.Client;
using AkkaLb.Core.Clients;
using Microsoft.AspNetCore.Diagnostics;

namespace AkkaLb.Samples.WebApi;

/// <summary>Answers a request whose job has failed. The log says why; the caller learns what it can do about it.</summary>
internal sealed class JobProblems(IProblemDetailsService problems, ILogger<JobProblems> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not JobFailedException failed)
        {
            return false;
        }

        log.LogWarning("{Problem}", failed.Message);
        httpContext.Response.StatusCode = StatusOf(failed.Error);
        return await problems.TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = httpContext,
            ProblemDetails = { Title = TitleOf(failed.Error), Extensions = { ["job"] = $"{failed.Job}", ["error"] = $"{failed.Error}" } },
        });
    }

    private static int StatusOf(JobError error) => error switch
    {
        // Not started, or this process is about to end: a later request may do better.
        JobError.NoBalancer or JobError.NoWorker or JobError.NotStarted or JobError.TooManyJobs or JobError.Closed
            => StatusCodes.Status503ServiceUnavailable,
        JobError.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        JobError.Unsupported or JobError.WorkerFailed or JobError.WorkerLost or JobError.RetriesExhausted => StatusCodes.Status502BadGateway,
        JobError.Cancelled => StatusCodes.Status499ClientClosedRequest,
    };

    private static string TitleOf(JobError error) => StatusOf(error) switch
    {
        StatusCodes.Status503ServiceUnavailable => "The job could not be begun. Try again later.",
        StatusCodes.Status504GatewayTimeout => "The job did not end in time. It may have been done.",
        _ => "The worker could not do the job, or was lost while it did.",
    };
}
