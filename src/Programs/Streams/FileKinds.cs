using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AkkaLb.Programs.Streams;

/// <summary>What stands under a path.</summary>
public enum FileKind
{
    /// <summary>A file, or what the system does not tell.</summary>
    File,
    Directory,

    /// <summary>A named pipe, or a pipe that the shell has made: <c>&lt;(command)</c>.</summary>
    Pipe,

    /// <summary>A terminal, a disk, <c>/dev/zero</c>: without an end, or not to be read as a file.</summary>
    Device,
    Socket,
    Missing,
}

/// <summary>Tells kinds of files apart without opening them: opening a pipe waits for its writer.</summary>
public static class FileKinds
{
    private const int CurrentFolder = -100;
    private const int TypeWanted = 1;
    private const int ModeAt = 28;

    /// <summary>What is there; symbolic links are followed.</summary>
    public static FileKind Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (Directory.Exists(path))
        {
            return FileKind.Directory;
        }

        if (!File.Exists(path))
        {
            return FileKind.Missing;
        }

        // struct statx has the same layout on every architecture; other systems than Linux do not have it.
        var found = new byte[256];
        if (!OperatingSystem.IsLinux() || Statx(CurrentFolder, path, 0, TypeWanted, found) != 0)
        {
            return FileKind.File;
        }

        return (BinaryPrimitives.ReadUInt16LittleEndian(found.AsSpan(ModeAt)) & 0xF000) switch
        {
            0x1000 => FileKind.Pipe,
            0x2000 or 0x6000 => FileKind.Device,
            0xC000 => FileKind.Socket,
            _ => FileKind.File,
        };
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint wanted, byte[] found);
}
