using System.Text;

namespace AkkaLb.Programs.Streams;

/// <summary>Makes <see cref="Console.Out"/> and <see cref="Console.Error"/> fail as programs in a shell should: see
/// <see cref="StandardStream"/>.</summary>
internal static class StandardStreams
{
    private static readonly Lock Installing = new();
    private static bool _isInstalled;

    /// <summary>From now on everything that is printed goes this way, help texts and progress included.</summary>
    public static void Install()
    {
        lock (Installing)
        {
            // Windows tells of closed pipes in another way; its console stays as it is.
            if (_isInstalled || OperatingSystem.IsWindows())
            {
                return;
            }

            _isInstalled = true;
            Console.SetOut(Writer(new StandardStream(1, holdsResults: true)));
            Console.SetError(Writer(new StandardStream(2, holdsResults: false)));
        }
    }

    private static StreamWriter Writer(StandardStream stream) =>
        new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 4096) { AutoFlush = true };
}
