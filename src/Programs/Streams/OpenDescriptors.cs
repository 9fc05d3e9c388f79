namespace AkkaLb.Programs.Streams;

/// <summary>Which of the standard streams whoever started this process has given it.</summary>
internal static class OpenDescriptors
{
    private const string Folder = "/proc/self/fdinfo";
    private const int CloseOnExec = 0x80000;

    /// <summary>False when the descriptor is closed, or when the runtime has taken its number for a file of its own, which must not be written
    /// to.</summary>
    /// <remarks>What a process inherits stays open across <c>exec</c>; what the runtime opens does not. Where the system does not tell, it is
    /// open.</remarks>
    public static bool IsOpen(int descriptor)
    {
        try
        {
            return !Directory.Exists(Folder) || IsInherited(File.ReadAllText($"{Folder}/{descriptor}"));
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <param name="information">What the kernel tells of a descriptor, with a line such as <c>flags:  0100002</c>, octal.</param>
    public static bool IsInherited(string information)
    {
        const string key = "flags:";
        var line = information.Split('\n').FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return line is null || (Convert.ToInt32(line[key.Length..].Trim(), 8) & CloseOnExec) == 0;
    }
}
