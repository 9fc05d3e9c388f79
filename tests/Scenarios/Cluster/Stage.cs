using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using AkkaLb.Worker;

namespace AkkaLb.Scenarios.Cluster;

public enum Act
{
    Reply,
    Hold,
    Fail,
    Crash,
    ReplyUnlisted,
    ReplyHuge,

    /// <summary>Answers when its job is cancelled.</summary>
    Heed,

    /// <summary>Reports its text, and answers when it is released.</summary>
    Report,
}

/// <summary>Tells a <see cref="Performer"/> what to do.</summary>
public sealed record Do(Act Act, string Text = "");

/// <param name="Count">How many replies its actor has made by then: its state.</param>
public sealed record Did(string Worker, string Text, int Count);

/// <summary>On nobody's list of messages.</summary>
public sealed record Unlisted;

/// <summary>Where a test sees which jobs have begun on which worker, and lets the held ones continue.</summary>
public sealed class Stage
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _doors = new();

    /// <summary>A line <c>worker: text</c> for each job that began, in order.</summary>
    public Observed<string> Begun { get; } = new("the list of jobs begun", "");

    /// <summary>When the token of a job was cancelled that was told to heed that, by the job's text.</summary>
    public Observed<ImmutableDictionary<string, long>> Cancelled { get; } =
        new("the list of jobs cancelled", ImmutableDictionary<string, long>.Empty);

    public void Cancel(string text) => Cancelled.Update(all => all.Add(text, Stopwatch.GetTimestamp()));

    public void Begin(string worker, string text) => Begun.Update(lines => $"{lines}{worker}: {text}\n");

    public async Task UntilBegunAsync(string worker, string text) =>
        await Begun.UntilAsync(lines => lines.Contains($"{worker}: {text}\n", StringComparison.Ordinal));

    public Task Door(string text) => Source(text).Task;

    public void Release(string text) => Source(text).TrySetResult();

    private TaskCompletionSource Source(string text) =>
        _doors.GetOrAdd(text, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>A user's actor that does what it is told.</summary>
public sealed class Performer : ReceiveActor
{
    private int _count;

    public Performer(Stage stage, string worker) => Receive<Do>(m =>
    {
        stage.Begin(worker, m.Text);
        var did = new Did(worker, m.Text, ++_count);
        switch (m.Act)
        {
            case Act.Reply:
                Sender.Tell(did);
                break;
            case Act.Hold:
                stage.Door(m.Text).PipeTo(Sender, Self, () => did);
                break;
            case Act.Fail:
                Sender.Tell(new Status.Failure(new InvalidOperationException(m.Text)));
                break;
            case Act.Crash:
                throw new FormatException(m.Text);
            case Act.ReplyUnlisted:
                Sender.Tell(new Unlisted());
                break;
            case Act.Report:
                JobContext.Of(Sender)!.Report(did);
                stage.Door(m.Text).PipeTo(Sender, Self, () => did);
                break;
            case Act.Heed:
                var sender = Sender;
                JobContext.Of(Sender)!.CancellationToken.Register(() =>
                {
                    stage.Cancel(m.Text);
                    sender.Tell(new Status.Failure(new OperationCanceledException()));
                });
                break;
            case Act.ReplyHuge:
                Sender.Tell(did with { Text = new string('x', 200_000) });
                break;
        }
    });

    public static Props Props(Stage stage, string worker) => Akka.Actor.Props.Create(() => new Performer(stage, worker));
}
