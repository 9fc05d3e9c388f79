using System.Text;

namespace AkkaLb.Tests.Support;

/// <summary>Values that somebody else may have put into etcd: each reader of ours has to refuse them in words, and must not throw.</summary>
public static class HostileValues
{
    private static readonly string[] Tokens =
    [
        "\\ud800", "\\udc00", "\\udc00\\ud800", "\\u0000", "\\u001b[2J", "\\n", "\\u202e", "\\x", "\\", "\"", "{", "}", "[", "]", ",", ":", "null",
        "true",
        "-", "1e999", "-1E-999", "0.1", "99999999999999999999", "9223372036854775807", "-9223372036854775808", "2147483648", "#", "#0", "@", "%",
        "0.0.0.0",
        "\0", "\u001b", "\uFEFF", "\u2028", "\u00e9", "//", "/*x*/", "NaN", "Infinity",
    ];

    /// <summary>Documents that are nasty by themselves, and the good one with each field made nasty.</summary>
    /// <param name="good">A value that is read.</param>
    public static IEnumerable<byte[]> Listed(string good)
    {
        var inside = good[1..];
        string[] documents =
        [
            "", " ", "{", "}", "{}", "[]", "null", "0", "\"\"", "\0", "\0\0\0\0", "\uFEFF" + good, "\uFEFF", good + good, good + "\0", good
                + "//", "//" + good,
            """{"\ud800":1,""" + inside,
            """{"\udc00":1,""" + inside,
            """{"x":{"\ud800":1},""" + inside,
            """{"x":[{"\ud800":1}],""" + inside,
            """{"\ud800":1,"\ud800":2,""" + inside,
            """{"x":"\ud800",""" + inside,
            """{"x":["\udc00\ud800"],""" + inside,
            """{"x":1,"x":2,""" + inside,
            """{"x":1,"\u0078":2,""" + inside,
            """{"\u001b]0;x\u0007":1,"\u001b]0;x\u0007":2,""" + inside,
            """{"\u0000":1,""" + inside,
            """{"":1,""" + inside,
            """{"x":1e999999999,""" + inside,
            """{"x":-0.0e-0,""" + inside,
            """{"x":01,""" + inside,
            $$"""{"x":{{new string('9', 1000)}},""" + inside,
            """{"x":""" + new string('[', 7) + new string(']', 7) + "," + inside,
            """{"x":""" + new string('[', 1000) + new string(']', 1000) + "," + inside,
            """{"x":""" + string.Concat(Enumerable.Repeat("{\"x\":", 600)) + "1" + new string('}', 600) + "," + inside,
            """{"attributes":{"\ud800":"a"},""" + inside,
            """{"attributes":{"a":"\ud800"},""" + inside,
            """{"attributes":{"a\u001b":"b"},""" + inside,
            """{"attributes":{"\u202e":1},""" + inside,
        ];
        var written = documents.Select(Encoding.UTF8.GetBytes);
        byte[][] bytes =
        [
            [0xFF], [0xFE, 0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [.. "{\""u8, 0xED, 0xA0, 0x80, .. "\":1,"u8, .. Encoding.UTF8.GetBytes(inside)],
            [.. "{\""u8, 0xFF, .. "\":1,"u8, .. Encoding.UTF8.GetBytes(inside)], Encoding.Unicode.GetBytes(good), new byte[5000],
        ];
        // Each token in the place of each field's value, quoted and bare.
        var starts = Enumerable.Range(0, good.Length).Where(i => good[i] == ':' && good[i - 1] == '"').Select(i => i + 1).ToList();
        var fields = from start in starts
                     from token in Tokens
                     from text in new[] { token, $"\"{token}\"" }
                     let end = good[start] == '"' ? good.IndexOf('"', start + 1) + 1 : good.IndexOfAny([',', '}'], start)
                     select Encoding.UTF8.GetBytes(good[..start] + text + good[end..]);
        return [.. written, .. bytes, .. fields];
    }

    /// <summary>The good value damaged at random, the same way for the same seed.</summary>
    public static IEnumerable<byte[]> Damaged(string good, int seed, int count)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(good).ToList();
            for (var damages = random.Next(1, 5); damages > 0; damages--)
            {
                Damage(bytes, random);
            }

            yield return [.. bytes];
        }
    }

    private static void Damage(List<byte> bytes, Random random)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(random.Next(1, 12), bytes.Count - at);
        switch (random.Next(6))
        {
            case 0 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 1 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            default:
                bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                break;
        }
    }
}
