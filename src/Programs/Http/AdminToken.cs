using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace AkkaLb.Programs.Http;

/// <summary>What somebody must know who changes something by HTTP: a line in a file, which is read for each request, so that it can be renewed while
/// the program runs.</summary>
/// <param name="file">Its path.</param>
internal sealed class AdminToken(string file)
{
    /// <summary>Shorter ones could be guessed.</summary>
    public const int LengthMin = 16;

    private const int BytesMax = 4096;

    /// <summary>Why it cannot be used, in words; null: it can.</summary>
    public string? Problem => Read(out var problem) is null ? problem : null;

    /// <summary>Whether a header <c>Authorization: Bearer TOKEN</c> has it. Takes as long for a wrong one as for the right one.</summary>
    public bool IsIn(string? authorization)
    {
        var expected = Read(out _);
        return expected is not null
            && AuthenticationHeaderValue.TryParse(authorization, out var header)
            && string.Equals(header.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Hash(header.Parameter ?? ""), Hash(expected));
    }

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private string? Read(out string problem)
    {
        problem = "";
        try
        {
            using var stream = File.OpenRead(file);
            var bytes = new byte[BytesMax];
            var token = Encoding.UTF8.GetString(bytes, 0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)).Trim();
            if (token.Length >= LengthMin && !token.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
            {
                return token;
            }

            problem = $"{file} must hold one line with a token of at least {LengthMin} characters and no blanks";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = e.Message;
        }

        return null;
    }
}
