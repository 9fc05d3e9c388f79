using System.CommandLine;

namespace AkkaLb.Programs.Tests;

public sealed class FlagProblemsTests
{
    [Theory]
    [InlineData("load --jobs 1")]
    [InlineData("load --jobs -1 --balancer h:1")]
    [InlineData("count @list -- -x")]
    public void A_command_line_whose_words_are_all_known_has_no_problem(string line) => Assert.Empty(Of(line));

    [Fact]
    public void Every_unknown_flag_is_named_with_what_was_meant_and_its_value_is_no_mistake() => Assert.Equal(
        ["unknown flag --jbos; did you mean --jobs? (see --help)", "unknown flag --balncer; did you mean --balancer? (see --help)",
            "unknown flag --xyz (see --help)"],
        Of("load --jbos 5 --balncer=h:1 --xyz"));

    [Fact]
    public void A_verb_that_is_misspelt_or_missing_is_answered_with_what_there_is()
    {
        Assert.Equal(["unknown verb lod; did you mean load? (see --help)"], Of("lod"));
        Assert.Equal(["give a verb: load, count (see --help)"], Of(""));
    }

    [Fact]
    public void A_flag_without_its_value_and_a_missing_argument_are_named_too()
    {
        var problems = Of("count --balancer");

        Assert.Equal(2, problems.Count);
        Assert.Contains(problems, p => p.Contains("--balancer", StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> Of(string line)
    {
        var command = new RootCommand
        {
            CommonFlags.Make("--balancer", "H:N", ""),
            new Command("load") { CommonFlags.Make("--jobs", "N", "") },
            new Command("count") { new Argument<string[]>("PATH") { Arity = ArgumentArity.OneOrMore } },
        };
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return FlagProblems.In(command.Parse(words, new ParserConfiguration { ResponseFileTokenReplacer = null }));
    }
}
