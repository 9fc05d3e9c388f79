namespace AkkaLb.Programs.Hocon;

/// <summary>A strict syntax check of HOCON as Akka.NET reads it.</summary>
/// <remarks>
/// Akka's own parser gives no positions, and what it does not understand it drops, guesses at or loops on: a missing brace, an open
/// quote and a missing value pass in silence, <c>[}]</c> and <c>${?x}</c> never return, <c>a = ${a}</c> overflows the stack when read.
/// A text without problems here is one Akka parses to what it says, provided its substitutions resolve and it includes nothing.
/// Stricter than Akka on purpose, always where Akka would lose something silently; the HOCON of Akka's own reference files passes.
/// </remarks>
public static class HoconSyntax
{
    /// <summary>Finds what is wrong with a text. Linear in its length, bounded in depth, never throws. Thread-safe.</summary>
    /// <returns>At most 20 problems, one for a line, in order of position; empty when the text is well formed.</returns>
    public static IReadOnlyList<HoconProblem> Check(string text) => Scan(text).Problems;

    /// <summary>The same check, with the includes it passed: legal HOCON, but only the caller knows whether it can follow them.</summary>
    internal static (IReadOnlyList<HoconProblem> Problems, IReadOnlyList<HoconProblem> Includes) Scan(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = new LineMap(text);
        var problems = new ProblemList(lines);
        ControlCharacters.Check(text, problems);
        var substitutions = new SubstitutionSites();
        var includes = new ProblemList(lines);
        new HoconChecker(text, problems, includes, substitutions).CheckRoot();
        substitutions.ReportCycles(problems);
        return (problems.ToSortedList(), includes.ToSortedList());
    }
}
