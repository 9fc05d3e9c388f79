using System.Buffers;
using System.Text.Unicode;
using Akka.Configuration;

namespace AkkaLb.Programs.Hocon;

/// <summary>Reads a HOCON file, strictly: see <see cref="HoconSyntax"/>.</summary>
public static class HoconFile
{
    /// <summary>The longest file read, in bytes: far above any configuration, far below what could hurt.</summary>
    public const int BytesMax = 1024 * 1024;

    private static ReadOnlySpan<byte> Utf8Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads and parses a file of at most <see cref="BytesMax"/> bytes of UTF-8, with or without a byte order mark.</summary>
    /// <exception cref="SettingsException">It cannot be read, or holds mistakes: <c>FILE:LINE:COLUMN: message</c>, all at once.</exception>
    public static Config Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var text = Decode(path, Read(path));
        var (problems, includes) = HoconSyntax.Scan(text);
        if (problems.Count == 0) problems = includes;
        if (problems.Count > 0) throw new SettingsException([.. problems.Select(problem => At(path, problem.Line, problem.Column, problem.Message))]);
        return Parse(path, text);
    }

    private static byte[] Read(string path)
    {
        if (Directory.Exists(path)) throw new SettingsException($"{path}: is a directory; name a HOCON file in it");
        try
        {
            using var file = File.OpenRead(path);
            // One byte more than allowed tells a file that is too long, also when it has no length to ask for (a pipe, a device).
            var buffer = new byte[BytesMax + 1];
            var count = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return count <= BytesMax ? buffer[..count] : throw new SettingsException($"{path}: is larger than 1 MiB; this is no configuration file");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SettingsException($"{path}: no such file; check the path");
        }
        catch (UnauthorizedAccessException)
        {
            throw new SettingsException($"{path}: may not be read; check its permissions");
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException)
        {
            throw new SettingsException($"{path}: cannot be read: {Excerpt.Of(error.Message)}");
        }
    }

    private static string Decode(string path, ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith(Utf8Mark)) bytes = bytes[Utf8Mark.Length..];
        var characters = new char[bytes.Length];
        var status = Utf8.ToUtf16(bytes, characters, out var bytesRead, out var count, replaceInvalidSequences: false);
        var text = new string(characters, 0, count);
        if (status == OperationStatus.Done) return text;
        var (line, column) = new LineMap(text).Locate(text.Length);
        throw new SettingsException(At(path, line, column, $"byte 0x{bytes[bytesRead]:X2} is not UTF-8; save the file as UTF-8"));
    }

    private static Config Parse(string path, string text)
    {
        try
        {
            // Akka does not recognise a '=' or '#' that is the very last character; a line end after it is always harmless.
            return ConfigurationFactory.ParseString(text + "\n");
        }
        catch (Exception error)
        {
            // Akka throws FormatException, ConfigurationException, plain Exception and NullReferenceException alike. After the check
            // what remains is a substitution that does not resolve, and whatever the check does not know of.
            throw new SettingsException($"{path}: Akka.NET cannot read it: {Excerpt.Of(error.Message)}");
        }
    }

    private static string At(string path, int line, int column, string message) => $"{path}:{line}:{column}: {message}";
}
