namespace AkkaLb.Simulation.Nodes;

/// <summary>What a user's actor does with a job.</summary>
internal static class Habits
{
    /// <summary>Handles it for the job's time, then answers.</summary>
    public const string Works = "works";

    /// <summary>Answers from a timer; its mailbox is free meanwhile.</summary>
    public const string Waits = "waits";

    /// <summary>Throws when the job's time is over.</summary>
    public const string Crashes = "crashes";

    /// <summary>Answers, and throws a moment later.</summary>
    public const string CrashesLate = "crashes-late";

    /// <summary>Never answers.</summary>
    public const string IsStuck = "stuck";

    /// <summary>Comes back from the job long after its time.</summary>
    public const string Blocks = "blocks";

    /// <summary>Answers, and stops itself a moment later.</summary>
    public const string AnswersAndStops = "answers-and-stops";

    /// <summary>Stops itself without an answer.</summary>
    public const string Stops = "stops";

    /// <summary>Answers with a failure.</summary>
    public const string Fails = "fails";

    /// <summary>Does not handle the message.</summary>
    public const string Unhandled = "unhandled";

    /// <summary>The message cannot be read at the worker.</summary>
    public const string Unreadable = "unreadable";

    public static IReadOnlyList<string> All { get; } =
        [Works, Waits, Crashes, CrashesLate, IsStuck, Blocks, AnswersAndStops, Stops, Fails, Unhandled, Unreadable];
}
