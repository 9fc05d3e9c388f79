using AkkaLb.Client;
using AkkaLb.Core.Clients;
using Microsoft.AspNetCore.Diagnostics;

namespace AkkaLb.Samples.WebApi;

/// <summary>Answers a request whose job has failed: the log says why, the caller what it may do.</summary>
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

    // <statuses>
    private static int StatusOf(JobError error) => error switch
    {
        // Not started, or not for lack of anybody's trouble: the same request may be sent again.
        JobError.NoBalancer or JobError.NoWorker or JobError.NotStarted or JobError.TooManyJobs or JobError.Closed
            => StatusCodes.Status503ServiceUnavailable,
        JobError.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        JobError.Unsupported or JobError.WorkerFailed or JobError.WorkerLost or JobError.RetriesExhausted => StatusCodes.Status502BadGateway,
        JobError.Cancelled => StatusCodes.Status499ClientClosedRequest,
    };
    // </statuses>

    private static string TitleOf(JobError error) => StatusOf(error) switch
    {
        StatusCodes.Status503ServiceUnavailable => "No worker could begin the job.",
        StatusCodes.Status504GatewayTimeout => "The job did not end in time. It may have been done.",
        _ => "The worker could not do the job.",
    };
}
