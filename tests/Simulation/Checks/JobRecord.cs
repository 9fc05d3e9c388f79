using AkkaLb.Core;
using AkkaLb.Core.Clients;

namespace AkkaLb.Simulation.Checks;

/// <summary>What the world knows of one job: more than anybody who takes part.</summary>
internal sealed class JobRecord(
    int number, string client, string service, bool isIdempotent, string habit, int milliseconds, TimeSpan timeout, TimeSpan submittedAt)
{
    public int Number => number;

    public string Client => client;

    /// <summary>Whose workers may do it.</summary>
    public string Service => service;

    public bool IsIdempotent => isIdempotent;

    public string Habit => habit;

    public int Milliseconds => milliseconds;

    public TimeSpan Timeout => timeout;

    public TimeSpan SubmittedAt => submittedAt;

    public JobOutcome? Outcome { get; set; }

    public TimeSpan EndedAt { get; set; }

    /// <summary>Where it was started, by process and its life.</summary>
    public List<string> Starts { get; } = [];

    /// <summary>Where it was answered.</summary>
    public List<string> Replies { get; } = [];

    /// <summary>Attempts that were sent.</summary>
    public int Sends { get; set; }

    /// <summary>Attempts of which the client was told that they were not started: by a dead letter or a rejection.</summary>
    public HashSet<int> ToldNotStarted { get; } = [];

    public TimeSpan SentAt { get; set; }

    /// <summary>Until when it had a place last: a worker held it for long, and gave it back.</summary>
    public TimeSpan PlacedUntil { get; set; } = TimeSpan.MinValue;

    /// <summary>How it travels.</summary>
    public Payload ToPayload() => new(1, habit, BitConverter.GetBytes(number));

    public static int NumberIn(Payload payload) => BitConverter.ToInt32(payload.Data.Span);

    public override string ToString() => $"job {number} of {client} ({(isIdempotent ? "may run again" : "may run once")}, {habit} {milliseconds} ms, "
        + $"deadline {timeout.TotalSeconds} s)";
}
