using System.Diagnostics;
using System.Globalization;
using System.Text;
using AkkaLb.BuiltInJobs.Words;

namespace AkkaLb.BuiltInJobs.Tests.Words;

/// <summary>Against the installed <c>wc</c>, on texts that every version of it counts alike: no control characters, no broken UTF-8.</summary>
public sealed class WcAgreementTests : IDisposable
{
    private static readonly string[] Texts =
    [
        "",
        "\n",
        "one",
        "one two\nthree\n",
        "no line end at the end",
        "  \t\r\n\v\f ",
        "tab\there, return\r\nand form\ffeed\n",
        "déjà vu, слово за словом, 中文 字, 😀 😀\n",
        "no\u00A0break\u2007spaces\u202Fpart\u2060words\n",
        "en\u2002em\u2003thin\u2009ideographic\u3000ogham\u1680done",
        string.Concat(Enumerable.Repeat("longer than any buffer, élan vital ", 4_000)),
    ];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("akkalb-words-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Ordinary_text_gets_the_count_of_wc()
    {
        var paths = Texts.Select((text, index) => Write(index, text)).ToArray();
        var counts = await RunWcAsync(paths);
        for (var i = 0; i < Texts.Length; i++)
        {
            Assert.True(counts[i] == await CountInChunksAsync(paths[i]), $"wc says {counts[i]} words: {Texts[i]}");
        }
    }

    private string Write(int index, string text)
    {
        var path = Path.Combine(_folder.FullName, $"{index}.txt");
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
        return path;
    }

    private static async Task<long> CountInChunksAsync(string path)
    {
        await using var file = File.OpenRead(path);
        var whole = WordSummary.Neutral;
        await foreach (var chunk in ChunkSplitter.SplitAsync(file, 1_000))
        {
            whole = whole.Then(WordCounter.Count(chunk.Span));
        }

        return whole.Words;
    }

    /// <summary>One count a file; the last line, with the sum, is left out.</summary>
    private static async Task<long[]> RunWcAsync(string[] paths)
    {
        var start = new ProcessStartInfo("wc", ["-w", .. paths]) { RedirectStandardOutput = true };
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment.Remove("POSIXLY_CORRECT");
        using var wc = Process.Start(start)!;
        var lines = (await wc.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await wc.WaitForExitAsync();
        Assert.Equal(0, wc.ExitCode);
        return [.. lines.Take(paths.Length).Select(line => long.Parse(line.TrimStart().Split(' ')[0], CultureInfo.InvariantCulture))];
    }
}
