namespace AkkaLb.Tests.Support;

/// <summary>Signal numbers; STOP and CONT differ between Linux and the BSDs, macOS among them.</summary>
public static class Signals
{
    /// <summary>The terminal is closed, or the settings are to be read again.</summary>
    public const int Hangup = 1;

    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    public static int Stop => OperatingSystem.IsLinux() ? 19 : 17;

    public static int Continue => OperatingSystem.IsLinux() ? 18 : 19;
}
