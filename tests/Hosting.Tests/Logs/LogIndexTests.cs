using System.Text.RegularExpressions;

namespace AkkaLb.Hosting.Tests.Logs;

/// <summary><c>docs/log-lines.md</c> agrees with the sources. Sentences are found where they are handed over: to a log at <c>Info</c>,
/// <c>Warning</c> or <c>Error</c>, to a <c>ProgramException</c>, and to the few methods through which decisions say what is to be logged or why a
/// program ends.</summary>
public sealed partial class LogIndexTests
{
    [Fact]
    public void Every_sentence_that_the_sources_log_or_end_with_is_in_the_index()
    {
        var index = Index();
        var missing = Sources().SelectMany(source => source.InCalls(Said())).Distinct().Where(sentence => !index.Contains(sentence));
        Assert.True(!missing.Any(), "docs/log-lines.md lacks:\n" + string.Join('\n', missing));
    }

    [Fact]
    public void The_index_holds_no_sentence_that_is_gone()
    {
        var said = Sources().SelectMany(source => source.All).ToHashSet();
        var gone = Index().Where(sentence => !said.Contains(sentence));
        Assert.True(!gone.Any(), "docs/log-lines.md has, and the sources do not:\n" + string.Join('\n', gone));
    }

    [Fact]
    public void Sentences_are_found_over_several_lines_and_in_choices_and_comments_are_passed_over()
    {
        const string source = """
            // _log.Info("in a comment");
            Receive<M>(m => _log.Info("one {0} " +
                $"and {(m.Count == 1 ? "x" : "y")} \"more\"", ')', m.Text));
            throw new ProgramException(3, isLate ? $"too {late}" : "too early", inner);
            _log.Debug("not for operators");
            """;
        Assert.Equal(["one {} and {} \"more\"", "too early"], new SourceTexts(source).InCalls(Said()));
    }

    private static HashSet<string> Index()
    {
        var rows = Row().Matches(File.ReadAllText(Path.Combine(Root(), "docs", "log-lines.md"))).Select(m => SourceTexts.Plain(m.Groups[1].Value));
        return [.. rows];
    }

    private static IEnumerable<SourceTexts> Sources() =>
        Directory.EnumerateFiles(Path.Combine(Root(), "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(file => new SourceTexts(File.ReadAllText(file)));

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "AkkaLb.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("AkkaLb.sln is not above the tests");
        }

        return directory.FullName;
    }

    [GeneratedRegex(@"\b_?log\.(?:Info|Warning|Error)\(|\bProgramException\(|\b(?:Note|GiveUp|End|Good|Bad|warn|TrySetResult|Say)\(")]
    private static partial Regex Said();

    [GeneratedRegex(@"^\| [^|]* \| `([^`]*)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
