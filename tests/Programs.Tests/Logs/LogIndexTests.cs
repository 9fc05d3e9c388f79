using System.Text.RegularExpressions;
using AkkaLb.Tests.Support;

namespace AkkaLb.Programs.Tests.Logs;

/// <summary><c>docs/log-lines.md</c> agrees with the sources. Sentences are found where they are handed over: to a log at <c>Info</c>,
/// <c>Warning</c> or <c>Error</c>, to a <c>ProgramException</c>, to the exceptions of a connection between nodes, and to the few methods through
/// which decisions say what is to be logged or why a program ends.</summary>
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

    [Fact]
    public void Every_test_that_a_page_names_exists()
    {
        var tests = Files("tests").SelectMany(file => TestName().Matches(File.ReadAllText(file))).Select(m => m.Groups[1].Value).ToHashSet();
        var pages = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(File.ReadAllText);
        var named = pages.SelectMany(page => Named().Matches(page)).Select(m => m.Groups[1].Value).Where(n => n.Any(char.IsLower)).ToList();
        Assert.NotEmpty(named);
        Assert.Empty(named.Except(tests));
    }

    private static HashSet<string> Index()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "log-lines.md"));
        return [.. Row().Matches(page).Select(m => SourceTexts.Plain(m.Groups[1].Value))];
    }

    private static IEnumerable<SourceTexts> Sources() => Files("src").Select(file => new SourceTexts(File.ReadAllText(file)));

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    [GeneratedRegex(
        @"\b_?[lL]og\.(?:Info|Warning|Warn|Error)\(|\b(?:Program|WorkerStart|TlsFailed|Frame|InvalidAssociation)Exception\("
        + @"|\b(?:Note|GiveUp|End|Good|Bad|warn|TrySetResult|Say|Trouble|Publish)\(")]
    private static partial Regex Said();

    [GeneratedRegex(@"`([A-Z]\w*_\w+)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"public (?:async Task|void) (\w+)\(")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\| [^|]* \| `([^`]*)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
