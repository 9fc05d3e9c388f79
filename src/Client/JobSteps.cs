using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using AkkaLb.Core;
using AkkaLb.Core.Clients;
using AkkaLb.Messages;

namespace AkkaLb.Client;

/// <summary>What is measured of a job between its submission and its end: questions to the balancer, and attempts at workers. The client's actor
/// alone calls it.</summary>
/// <param name="job">Its span; null: it has none, and neither have its questions and attempts.</param>
/// <param name="failed">Told what listeners have thrown.</param>
internal sealed class JobSteps(string service, Activity? job, Action<Exception> failed)
{
    private Activity? _question;
    private Activity? _attempt;
    private ActivityContext? _attemptBefore;
    private long _sentAt;

    /// <summary>Whether anybody listens to what is told here.</summary>
    /// <param name="job">Its span; null: it has none.</param>
    public static bool AreWanted([NotNullWhen(true)] Activity? job) =>
        job is not null || ClientTelemetry.Attempts.Enabled || ClientTelemetry.TransparentRetries.Enabled || ClientTelemetry.Exhausted.Enabled;

    /// <summary>An attempt begins.</summary>
    /// <returns>What is sent: the worker's span is a child of the attempt's.</returns>
    public Job Sent(ClientEffect.Attempt sent)
    {
        _sentAt = Stopwatch.GetTimestamp();
        if (job is not null || sent.IsTransparent)
        {
            JobTelemetry.Apart(() => Begin(sent), failed);
        }

        return _attempt is null ? sent.Job : sent.Job with { Trace = JobTelemetry.TraceOf(_attempt) };
    }

    /// <inheritdoc cref="ClientEffect.Moment" path="/param"/>
    public void Tell(JobMoment what, string? error)
    {
        if (job is not null || what is JobMoment.AttemptEnded or JobMoment.BudgetExhausted)
        {
            JobTelemetry.Apart(() => Measure(what, error), failed);
        }
    }

    private void Begin(ClientEffect.Attempt sent)
    {
        if (sent.IsTransparent)
        {
            JobTelemetry.Add(ClientTelemetry.TransparentRetries, 1, service);
        }

        _attempt = Start($"akkalb attempt {service}", _attemptBefore)
            ?.SetTag("akkalb.worker.id", sent.Worker.Worker.Id).SetTag("akkalb.attempt", sent.Job.Attempt);
        _attemptBefore = _attempt?.Context;
    }

    private void Measure(JobMoment what, string? error)
    {
        switch (what)
        {
            case JobMoment.Asked:
                _question = Start($"akkalb assign {service}");
                break;
            case JobMoment.Answered when _question is { } question:
                _question = null;
                JobTelemetry.End(question, error, cause: null);
                break;
            case JobMoment.AttemptEnded:
                EndAttempt(error);
                break;
            case JobMoment.BudgetExhausted:
                JobTelemetry.Add(ClientTelemetry.Exhausted, 1, service);
                break;
        }
    }

    private void EndAttempt(string? error)
    {
        var attempt = _attempt;
        _attempt = null;

        // The two are found together.
        Activity.Current = attempt;
        JobTelemetry.Record(ClientTelemetry.Attempts, Stopwatch.GetElapsedTime(_sentAt), service, error);
        if (attempt is not null)
        {
            JobTelemetry.End(attempt, error, cause: null);
        }
    }

    private Activity? Start(string name, ActivityContext? link = null) =>
        job is null ? null : JobTelemetry.Start(ClientTelemetry.Source, name, ActivityKind.Client, service, job.Context, link);
}
