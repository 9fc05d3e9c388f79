using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AkkaLb.Core;

namespace AkkaLb.Worker;

/// <summary>Notes every job that a gate finished, before its answer is sent. Jobs that were rejected are not noted: they were not started.</summary>
public interface IJobLedger
{
    /// <param name="outcome"><see cref="JobOutcomes"/>.</param>
    /// <exception cref="IOException">It cannot be noted. The gate logs that and answers the job all the same.</exception>
    void Finished(JobId id, int attempt, string outcome);
}

/// <summary>How a finished job ended, as a ledger says it.</summary>
public static class JobOutcomes
{
    public const string Done = "done";
    public const string Failed = "failed";
}

/// <summary>Appends a line <c>jobid attempt worker-id outcome</c> for each job to a file that several workers may share.</summary>
/// <remarks>
/// Each line is one <c>write(2)</c> to a file opened with <c>O_APPEND</c>, so the kernel keeps lines of different processes apart.
/// .NET's <c>FileMode.Append</c> only seeks to the end when it opens the file, and two writers overwrite each other (tried); hence libc.
/// Nothing is synced: a line survives the process, not the machine. Not thread-safe: one gate, one ledger.
/// </remarks>
public sealed class FileJobLedger : IJobLedger, IDisposable
{
    private readonly string _path;
    private readonly string _workerId;
    private readonly int _file;
    private bool _closed;

    /// <param name="path">Created when it is not there; its folder must be.</param>
    /// <param name="workerId">Stands in each line; without blanks.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="PlatformNotSupportedException">Neither Linux nor macOS.</exception>
    public FileJobLedger(string path, string workerId)
    {
        _path = path;
        _workerId = workerId;
        _file = Libc.Open(Encoding.UTF8.GetBytes(path + '\0'), Libc.AppendFlags, Libc.OwnerWritesAllRead);
        if (_file < 0)
        {
            throw new IOException($"job ledger {path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    public void Finished(JobId id, int attempt, string outcome)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        var line = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id} {attempt} {_workerId} {outcome}\n"));
        if (Libc.Write(_file, line, line.Length) != line.Length)
        {
            throw new IOException($"job ledger {_path} cannot be written: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            _ = Libc.Close(_file);
        }
    }

    private static class Libc
    {
        /// <summary><c>rw-r--r--</c>, less the umask.</summary>
        public const int OwnerWritesAllRead = 0x1A4;

        /// <summary><c>O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC</c>, which the two systems number differently.</summary>
        public static int AppendFlags { get; } =
            OperatingSystem.IsLinux() ? 0x1 | 0x40 | 0x400 | 0x80000
            : OperatingSystem.IsMacOS() ? 0x1 | 0x200 | 0x8 | 0x1000000
            : throw new PlatformNotSupportedException("a job ledger needs O_APPEND: Linux or macOS");

        [DllImport("libc", EntryPoint = "open", SetLastError = true)]
        public static extern int Open(byte[] path, int flags, int mode);

        [DllImport("libc", EntryPoint = "write", SetLastError = true)]
        public static extern nint Write(int file, byte[] bytes, nint count);

        [DllImport("libc", EntryPoint = "close", SetLastError = true)]
        public static extern int Close(int file);
    }
}
