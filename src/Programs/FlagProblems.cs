using System.CommandLine;
using System.CommandLine.Parsing;
using AkkaLb.Core;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs;

/// <summary>What is wrong with a command line as such, all of it, in our words.</summary>
internal static class FlagProblems
{
    private const string Hint = "(see --help)";

    /// <returns>A sentence for each mistake; none when every word of the command line is known.</returns>
    public static IReadOnlyList<string> In(ParseResult parsed)
    {
        var unknown = Unknown(parsed);
        var problems = unknown.Select(word => $"{Describe(word, parsed.CommandResult)} {Hint}").ToList();
        var command = parsed.CommandResult.Command;
        var isVerbMissing = command.Subcommands.Count > 0;
        if (isVerbMissing && unknown.Count == 0)
        {
            problems.Add($"give a verb: {string.Join(", ", command.Subcommands.Select(c => c.Name))} {Hint}");
        }

        problems.AddRange(parsed.Errors
            .Where(e => !parsed.UnmatchedTokens.Any(
                t => e.Message.Contains($"'{t}'", StringComparison.Ordinal)) && !(isVerbMissing && e.SymbolResult is CommandResult))
            .Select(e => $"{OneLine.Of(e.Message).TrimEnd('.')} {Hint}"));
        return problems;
    }

    /// <summary>Words that nothing is known of. What stands behind an unknown flag is its value, and no mistake of its own.</summary>
    private static List<string> Unknown(ParseResult parsed)
    {
        var words = new List<string>();
        var isValue = false;
        foreach (var word in parsed.UnmatchedTokens)
        {
            var isFlag = word.StartsWith('-');
            if (isFlag || !isValue)
            {
                words.Add(word);
            }

            isValue = isFlag && !word.Contains('=', StringComparison.Ordinal);
        }

        return words;
    }

    private static string Describe(string word, CommandResult at)
    {
        var name = word.Split('=', 2)[0];
        var known = word.StartsWith('-') ? FlagsOf(at) : [.. at.Command.Subcommands.Select(c => c.Name)];
        var kind = word.StartsWith('-') ? "flag" : known.Count > 0 ? "verb" : "word";
        var meant = NearestName.Of(name, known);
        return $"unknown {kind} {OneLine.Of(name, 60)}" + (meant is null ? "" : $"; did you mean {meant}?");
    }

    /// <summary>Those of the verb and, as far as they are handed down, of what is above it.</summary>
    private static List<string> FlagsOf(CommandResult at)
    {
        var names = at.Command.Options.Select(o => o.Name).ToList();
        for (var above = at.Parent as CommandResult; above is not null; above = above.Parent as CommandResult)
        {
            names.AddRange(above.Command.Options.Where(o => o.Recursive).Select(o => o.Name));
        }

        return names;
    }
}
