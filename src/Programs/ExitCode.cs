namespace AkkaLb.Programs;

/// <summary>How the programs end.</summary>
public static class ExitCode
{
    /// <summary>As asked, or shut down in order.</summary>
    public const int Ok = 0;

    /// <summary>A client's jobs: some failed; or its results could not be written.</summary>
    public const int JobsFailed = 1;

    /// <summary>Wrong flags or settings.</summary>
    public const int Usage = 2;

    /// <summary>Something that is needed cannot be reached or had: a balancer, a registry, a port, an id; or a part of the program has
    /// ended.</summary>
    public const int Unreachable = 3;

    /// <summary>A client that was interrupted.</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read the results has had enough, as <c>head</c> does: a quiet end, with the code that a shell gives other tools
    /// then.</summary>
    public const int BrokenPipe = 141;
}

/// <summary>Ends a program with one line for the person who started it.</summary>
/// <param name="message">What is wrong and what to do, on one line; empty: there is nothing to say.</param>
public sealed class ProgramException(int exitCode, string message, Exception? inner = null) : Exception(message, inner)
{
    public int ExitCode => exitCode;
}
