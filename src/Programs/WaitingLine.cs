namespace AkkaLb.Programs;

/// <summary>Tells whoever started a program that it waits for another one: one line, when it has waited for a second and is still going to.</summary>
/// <remarks>Disposing it ends the wait. What is said stands on its own line of standard error, before the log speaks.</remarks>
public sealed class WaitingLine : IDisposable
{
    /// <summary>What answers sooner than this is not worth a line.</summary>
    public static readonly TimeSpan After = TimeSpan.FromSeconds(1);

    private readonly ITimer? _timer;

    /// <param name="what">Asked for, on a thread of its own, when the line is due.</param>
    /// <param name="wait">How long the program is going to wait; up to a second nothing is said.</param>
    /// <param name="say">Takes the line.</param>
    public WaitingLine(Func<string> what, TimeSpan wait, TimeProvider time, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(time);
        _timer = wait <= After ? null : time.CreateTimer(
            _ => say(FormattableString.Invariant(
                $"waiting for {what()} (for {wait.TotalSeconds:0.#} s at most)")), null, After, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();
}
