using System.Runtime.InteropServices;

namespace AkkaLb.Programs.Streams;

/// <summary>Standard output or standard error, written to without the console's own layer, which hides that a pipe is closed. Thread-safe.</summary>
/// <remarks>
/// Results that cannot be written end the program: <see cref="ProgramException"/>, with <see cref="ExitCode.JobsFailed"/>, or quietly with
/// <see cref="ExitCode.BrokenPipe"/> when the reader has had enough. Lines for people get lost instead, and the program continues.
/// </remarks>
/// <param name="descriptor">1 or 2.</param>
/// <param name="holdsResults">Whether a write that fails ends the program.</param>
internal sealed class StandardStream(int descriptor, bool holdsResults) : Stream
{
    private const int Interrupted = 4;
    private const int TryAgain = 11;
    private const int BadDescriptor = 9;
    private const int BrokenPipe = 32;

    private readonly bool _isOpen = OpenDescriptors.IsOpen(descriptor);
    private int _problem;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="ProgramException">These are results, and they cannot be written.</exception>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        // What follows results that are lost is lost as well. A full disk that holds a log may have room later.
        var problem = _problem != 0 && holdsResults ? _problem : TryWrite(buffer);
        if (holdsResults && problem != 0)
        {
            _problem = problem;
            throw problem == BrokenPipe
                ? new ProgramException(ExitCode.BrokenPipe, "")
                : new ProgramException(ExitCode.JobsFailed, $"standard output cannot be written: {Describe(problem)}");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <returns>0, or the system's number of what went wrong.</returns>
    private int TryWrite(ReadOnlySpan<byte> rest)
    {
        if (!_isOpen)
        {
            return BadDescriptor;
        }

        while (!rest.IsEmpty)
        {
            var count = Write(descriptor, MemoryMarshal.GetReference(rest), rest.Length);
            if (count >= 0)
            {
                rest = rest[(int)count..];
                continue;
            }

            var problem = Marshal.GetLastPInvokeError();
            if (problem == TryAgain)
            {
                // Whoever shares the terminal or pipe with us has made it non-blocking. The console's own stream waits for room.
                return TryWriteWhenThereIsRoom(rest);
            }

            if (problem != Interrupted)
            {
                return problem;
            }
        }

        return 0;
    }

    private int TryWriteWhenThereIsRoom(ReadOnlySpan<byte> rest)
    {
        try
        {
            using var console = descriptor == 1 ? Console.OpenStandardOutput() : Console.OpenStandardError();
            console.Write(rest);
            return 0;
        }
        catch (IOException e)
        {
            return e.HResult;
        }
    }

    private static string Describe(int problem) => problem == BadDescriptor ? "it is closed" : Marshal.GetPInvokeErrorMessage(problem);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint Write(int descriptor, in byte bytes, nint count);
}
