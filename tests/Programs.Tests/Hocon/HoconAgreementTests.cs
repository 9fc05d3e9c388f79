using Akka.Configuration;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Tests.Hocon;

/// <summary>The check against Akka's own parser: what is valid passes both, what passes the check never harms the parser.</summary>
public class HoconAgreementTests
{
    private static readonly TimeSpan ParseTimeMax = TimeSpan.FromSeconds(20);

    public static TheoryData<string> References() => [.. ReferenceTexts.ResourceNames];

    [Theory]
    [MemberData(nameof(References))]
    public void Akkas_own_reference_files_pass(string resource)
    {
        var text = ReferenceTexts.Read(resource);
        Assert.Empty(HoconSyntax.Check(text));
        ConfigurationFactory.ParseString(text);
    }

    [Fact]
    public void There_are_reference_files_from_all_the_packages() => Assert.True(ReferenceTexts.ResourceNames.Count >= 6, "found too few");

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("{ a = 1 }")]
    [InlineData("{ a : 1, b : [1, 2], } # end\n")]
    [InlineData("a = 1, b = 2\n")]
    [InlineData("a.b.c = 1\na.b { d = 2 }\na { b { e = 3 } }\n")]
    [InlineData("a\n{\n  b = 1\n}\n")]
    [InlineData("a =\n{\n  b = 1\n}\n")]
    [InlineData("a = # why\n  5\n")]
    [InlineData("a = 5s\nb = 10 ms\nc = 1.5 KiB\nd = -3\ne = on\nf = null\n")]
    [InlineData("a = some plain words\nb = \"x\" y \"z\"\n")]
    [InlineData("a = 100%\nb = (x)|~<>';-_+/z\n")]
    [InlineData("a = \"http://h:1/x\"\n")]
    [InlineData("a = value // comment\nb = value # comment\n")]
    [InlineData("a = [1, 2] [3]\nb = [\n1\n2\n]\nc = []\nd = [{x = 1}, {y = 2}]\n")]
    [InlineData("a = { x = 1 } { y = 2 }\n")]
    [InlineData("x = 1\na = ${x}\nb = v${x}w\nc { d = ${x} }\n")]
    [InlineData("a = \"\"\"one \"two\" \\ three\n{four\"\"\"\n")]
    [InlineData("\"a.b\" = 1\n\"\" = 2\na b = 3\n10 = 4\n/user/x { y = 1 }\n\"/user/*\" { y = 1 }\n")]
    [InlineData("a { b = 1 } c { d = 2 }\n")]
    [InlineData("a {\r\n\tb = 1\r\n}\r\n")]
    [InlineData("include = 5\nincluded { x = 1 }\n")]
    public void Valid_texts_pass_and_Akka_takes_them(string text)
    {
        Assert.Empty(HoconSyntax.Check(text));
        ConfigurationFactory.ParseString(text + "\n");
    }

    [Fact]
    public void An_include_is_valid_syntax() => Assert.Empty(HoconSyntax.Check("include \"other.conf\"\na = 1\n"));

    [Theory]
    [InlineData('{')]
    [InlineData('}')]
    [InlineData('[')]
    [InlineData(']')]
    [InlineData('"')]
    public void Each_single_bracket_or_quote_left_out_is_reported(char left)
    {
        var text = ReferenceTexts.BraceStyle;
        Assert.Empty(HoconSyntax.Check(text));
        var body = text.IndexOf('\n', StringComparison.Ordinal); // The comment in the first line may lose what it likes.
        for (var at = body; at < text.Length; at++)
        {
            // A brace inside a string is text, and an escaped quote is another matter: leaving it out keeps the string whole.
            if (text[at] != left || text[at - 1] == '\\' || text[(at - 2)..at] == "l " || text[at..].StartsWith(
                "{ lines", StringComparison.Ordinal)) continue;
            var broken = text.Remove(at, 1);
            Assert.True(HoconSyntax.Check(broken).Count > 0, $"nothing reported without {left} at {at}:\n{broken}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_passes_the_check_Akka_parses_without_a_hang_or_a_crash(int seed)
    {
        var random = new Random(seed);
        var originals = ReferenceTexts.ResourceNames.Select(ReferenceTexts.Read).Where(text => text.Length < 20_000).Append(ReferenceTexts.BraceStyle)
            .ToArray();
        var passed = 0;
        for (var round = 0; round < 3000; round++)
        {
            // Mostly the short text, where a mutation matters most; it parses quickly, too.
            var original = round % 20 == 0 ? originals[random.Next(originals.Length)] : ReferenceTexts.BraceStyle;
            var text = Mutation.Of(original, random);
            var (problems, includes) = HoconSyntax.Scan(text);
            if (problems.Count > 0 || includes.Count > 0) continue;
            passed++;
            var failure = Parse(text);
            Assert.True(failure is null || failure.Contains("Unresolved substitution", StringComparison.Ordinal), $"seed {seed}: {failure}\n{text}");
        }
        Assert.InRange(passed, 100, 2900);
    }

    private static string? Parse(string text)
    {
        var parse = Task.Run(() =>
        {
            try
            {
                var config = ConfigurationFactory.ParseString(text + "\n");
                _ = config.Root.ToString();
                return null;
            }
            catch (Exception error)
            {
                return error.ToString();
            }
        });
        return parse.Wait(ParseTimeMax) ? parse.Result : "hangs";
    }
}
