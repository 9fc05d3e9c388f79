using System.Runtime.InteropServices;

namespace AkkaLb.Programs;

/// <summary>The signals that ask a program to end in order; one list for all programs. Those that whoever started it has switched off, as
/// <c>nohup</c> does with SIGHUP, stay switched off.</summary>
public sealed class EndSignals : IDisposable
{
    private const string Status = "/proc/self/status";

    private readonly List<PosixSignalRegistration> _registrations;

    /// <param name="asked">Called at the first signal, from any thread.</param>
    /// <param name="isSecondFinal">Whether a second Ctrl-C ends the process at once, as the system would. Any other signal that is repeated
    /// changes nothing: a terminal that closes sends SIGHUP more than once.</param>
    /// <param name="hungUp">Called at each SIGHUP instead, from any thread; null: it asks for the end as the others do.</param>
    public EndSignals(Action asked, bool isSecondFinal = false, Action? hungUp = null)
    {
        var ignored = IgnoredIn(File.Exists(Status) ? File.ReadAllText(Status) : "");
        var wasAsked = 0;
        _registrations = [.. All.Where(s => !ignored.Contains(s)).Select(s => PosixSignalRegistration.Create(s, OnSignal))];

        void OnSignal(PosixSignalContext context)
        {
            if (context.Signal == PosixSignal.SIGHUP && hungUp is not null)
            {
                context.Cancel = true;
                hungUp();
                return;
            }

            var isFirst = Interlocked.Exchange(ref wasAsked, 1) == 0;
            context.Cancel = isFirst || !isSecondFinal || context.Signal != PosixSignal.SIGINT;
            if (isFirst)
            {
                asked();
            }
        }
    }

    public static IReadOnlyList<PosixSignal> All { get; } = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    public void Dispose() => _registrations.ForEach(r => r.Dispose());

    /// <param name="status">What the kernel tells of a process, with a line such as <c>SigIgn:  0000000000000001</c>, one bit a signal.</param>
    internal static IReadOnlySet<PosixSignal> IgnoredIn(string status)
    {
        const string key = "SigIgn:";
        var line = status.Split('\n').FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        var mask = line is null ? 0 : Convert.ToUInt64(line[key.Length..].Trim(), 16);
        return All.Where(s => (mask & (1UL << (NumberOf(s) - 1))) != 0).ToHashSet();
    }

    private static int NumberOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGQUIT => 3,
        PosixSignal.SIGTERM => 15,
        _ => throw new ArgumentOutOfRangeException(nameof(signal)),
    };
}
