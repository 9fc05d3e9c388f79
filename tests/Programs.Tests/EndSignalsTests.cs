using System.Runtime.InteropServices;

namespace AkkaLb.Programs.Tests;

public sealed class EndSignalsTests
{
    [Fact]
    public void A_signal_that_was_switched_off_at_the_start_stays_off()
    {
        Assert.Equal([PosixSignal.SIGHUP], EndSignals.IgnoredIn("Name:\tdotnet\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"));
        Assert.Equal([PosixSignal.SIGINT, PosixSignal.SIGQUIT], EndSignals.IgnoredIn("SigIgn:\t0000000000000006").OrderDescending());
        Assert.Empty(EndSignals.IgnoredIn(""));
    }

    [Fact]
    public void Ctrl_C_SIGTERM_and_a_closed_terminal_all_ask_for_the_same_end() =>
        Assert.Superset(new HashSet<PosixSignal> { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }, EndSignals.All.ToHashSet());
}
