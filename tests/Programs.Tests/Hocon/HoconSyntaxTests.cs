using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Tests.Hocon;

public class HoconSyntaxTests
{
    [Theory]
    [InlineData("akkalb {\n  port = 1\n", 1, 8, "this '{' is never closed; add the missing '}'")]
    [InlineData("a {\n  b {\n    c = 1\n}\n", 1, 3, "this '{' is never closed; add the missing '}'")]
    [InlineData("a = [1, 2", 1, 5, "this '[' is never closed; add the missing ']'")]
    [InlineData("a {\n  b = [1,\n    2\n}\n", 2, 7, "this '[' is not closed before the '}' that follows; add the missing ']'")]
    [InlineData("a {\n  b = [1, 2\n  c = 3\n}\n", 2, 7, "this '[' is not closed before the next key; add the missing ']'")]
    [InlineData("a = [ { b = 1 ]\n", 1, 7, "this '{' is not closed before the ']' that follows; add the missing '}'")]
    public void An_unclosed_bracket_is_reported_where_it_opens(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Theory]
    [InlineData("a = 1\n}\n", 2, 1, "'}' closes nothing that is open; remove it, or add what should open it")]
    [InlineData("a = 5 ]\n", 1, 7, "']' closes nothing that is open; remove it, or add what should open it")]
    [InlineData("{ a = 1 }\n}", 2, 1, "nothing may follow the '}' that closes the file; remove this, or a '}' before it")]
    [InlineData("{ a = 1 }\nb = 2", 2, 1, "nothing may follow the '}' that closes the file; remove this, or a '}' before it")]
    [InlineData("a = [1 }\n]", 1, 8, "'}' closes nothing that is open; remove it, or add what should open it")]
    public void A_stray_closing_bracket_is_reported_where_it_stands(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Theory]
    [InlineData("a = \"b\nc = 1\n", 1, 5, "this string is not closed on its line; add the missing '\"'")]
    [InlineData("a = b\"\n", 1, 6, "this string is not closed on its line; add the missing '\"'")]
    [InlineData("a = \"b\\", 1, 5, "this string is not closed on its line; add the missing '\"'")]
    [InlineData("a {\n\t\"b = 1\n}", 2, 2, "this string is not closed on its line; add the missing '\"'")]
    [InlineData("a {\n b = \"\"\"x\ny\"\n}", 2, 6, "this string is never closed; add the missing '\"\"\"'")]
    [InlineData("a = \"C:\\data\"\n", 1, 8, "\\ before 'd' is not an escape; write \\\\ for a backslash")]
    [InlineData("a = \"\\u00g0\"\n", 1, 6, "\\u needs four hexadecimal digits, such as \\u00e9")]
    public void A_broken_string_is_reported_at_its_start_or_at_its_escape(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Theory]
    [InlineData("a =\nb = 2\n", 1, 3, "no value after '='; add one, or remove the key")]
    [InlineData("a :", 1, 3, "no value after ':'; add one, or remove the key")]
    [InlineData("a { b = }\n", 1, 7, "no value after '='; add one, or remove the key")]
    [InlineData("a = , b = 1\n", 1, 3, "no value after '='; add one, or remove the key")]
    [InlineData("a = = 1\n", 1, 3, "no value after '='; add one, or remove the key")]
    [InlineData("a =\nb {\n}\n", 1, 3, "no value after '='; add one, or remove the key")]
    [InlineData("a = //host/path\n", 1, 3, "no value after '='; // starts a comment: put the value in double quotes")]
    [InlineData("a = [1,,2]\n", 1, 8, "a comma may only follow a value, on the same line; remove this one, or move it up")]
    public void A_missing_value_is_reported_where_it_is_missing(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Theory]
    [InlineData("= 1\n", 1, 1, "a key is missing before '='; write key = value")]
    [InlineData("a { }\n{ b = 1 }\n", 2, 1, "a key is missing before '{'; write key = { or remove it")]
    [InlineData("port 4053\nhost = x\n", 1, 1, "no '=' or value for the key 'port 4053'; write port = 4053")]
    [InlineData("a {\n  port\n}\n", 2, 3, "no '=' or value for the key 'port'; write port = value")]
    [InlineData("host \"x\"\nport = 1\n", 1, 6, "no '=' between the key 'host' and '\"'; write host = value, or quote the key")]
    [InlineData("hosts [x]\n", 1, 7, "no '=' between the key 'hosts' and '['; write hosts = value, or quote the key")]
    [InlineData("a..b = 1\n", 1, 3, "a name is missing beside this '.'; write name.name")]
    [InlineData("a. = 1\n", 1, 4, "a name is missing beside this '.'; write name.name")]
    [InlineData("a, b = 1\n", 1, 1, "no '=' or value for the key 'a'; write a = value")]
    [InlineData("*.a = 1\n", 1, 1, "'*' cannot stand in a key; put the key in double quotes, or remove it")]
    [InlineData("a += 1\n", 1, 3, "+= is not supported by Akka.NET: it would set a key named '+'; write = and the whole list")]
    [InlineData("[1, 2]\n", 1, 1, "a configuration is an object, not a list; write key = [ ... ]")]
    public void A_setting_without_key_or_separator_is_reported(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Theory]
    [InlineData("a = http://x:1\n", 1, 9, "an unquoted value cannot hold ':'; put an address in double quotes, \"http://host:port\"")]
    [InlineData("a = [127.0.0.1:4053]\n", 1, 15, "an unquoted value cannot hold ':'; put an address in double quotes, \"http://host:port\"")]
    [InlineData("a = 1 b = 2\n", 1, 9, "a second '=' in one setting; put a new line or a comma before the next key, or quote the value")]
    [InlineData("a = {} b = 2\n", 1, 8, "text, a list and an object cannot be joined; put a comma or a new line between two settings")]
    [InlineData("a = x\\y\n", 1, 6, "an unquoted value cannot hold '\\'; put the value in double quotes")]
    [InlineData("a = x\u00A0y\n", 1, 6, "U+00A0 is not a plain space; replace it, or quote the value")]
    [InlineData("a {} , b = 1\n", 1, 6, "a comma may only follow a value, on the same line, and not the '}' of key { }; remove this one")]
    public void A_value_that_needs_quotes_or_a_separator_is_reported(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Theory]
    [InlineData("a = ${b\nb = 1\n", 1, 5, "this ${ is never closed; add the missing '}' right after the path")]
    [InlineData("a = ${ b }\n", 1, 5, "blanks inside ${...}; write ${path} without any, and close it with '}'")]
    [InlineData("a = ${}\n", 1, 5, "${} has an empty name; write ${path.to.key}")]
    [InlineData("a = ${?b}\n", 1, 5,
        "${?...} is not supported: Akka.NET never returns from it; write ${...} with a key that is set, or a plain value")]
    [InlineData("a = ${a} [1]\n", 1, 5, "${a} leads back to itself; name a key that does not depend on this one")]
    [InlineData("b { x = 1 }\na = ${b} { c = 2 }\n", 2, 10,
        "Akka.NET cannot merge an object with ${...}, it would drop the latter; write the object in full")]
    public void A_substitution_that_Akka_cannot_take_is_reported_at_its_start(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Theory]
    [InlineData("a = 1\n# \0\n", 2, 3, "control character U+0000; remove it, or write it as \\u0000 in a quoted string")]
    [InlineData("# note\ra = 1\n", 1, 7, "carriage return without a line feed; save the file with LF or CR LF line ends")]
    public void A_control_character_is_reported_wherever_it_is(string text, int line, int column, string message) =>
        AssertOnly(text, line, column, message);

    [Fact]
    public void Two_substitutions_that_name_each_other_are_both_reported() =>
        Assert.Equal([(1, 5), (3, 9)], Positions("a = ${b.c}\nb {\n  c = x ${a}\n}\n"));

    [Fact]
    public void Independent_problems_are_all_reported_in_order_of_position() =>
        Assert.Equal([(1, 3), (3, 7), (5, 1)], Positions("a =\nb = 1\nc = \"x\\q\"\nd { e = 1 }\nport 4053\n"));

    [Fact]
    public void A_missing_opening_brace_is_reported_at_its_key_and_at_the_brace_left_over() =>
        Assert.Equal([(1, 1), (3, 1)], Positions("a\n  b = 1\n}\n"));

    [Fact]
    public void No_more_than_twenty_problems_are_reported() =>
        Assert.Equal(20, HoconSyntax.Check(string.Concat(Enumerable.Repeat("port 4053\n", 100))).Count);

    [Fact]
    public void Columns_count_tabs_and_half_surrogates_as_one_and_lines_may_end_in_CR_LF() =>
        Assert.Equal([(2, 9)], Positions("a = 1\r\n\tb = 😀 \"x\r\n"));

    [Theory]
    [InlineData("{")]
    [InlineData("a{")]
    [InlineData("a=[")]
    [InlineData("a.")]
    [InlineData("a=${")]
    [InlineData("a=1}")]
    [InlineData("a=\"\\")]
    [InlineData("a=[}")]
    [InlineData("?")]
    [InlineData("a=\n")]
    [InlineData("\"\"\"")]
    [InlineData("include \"")]
    [InlineData("a=${b}")]
    [InlineData("a=[\n{")]
    public async Task A_megabyte_of_the_same_mistake_is_checked_in_linear_time(string repeated)
    {
        var text = string.Concat(Enumerable.Repeat(repeated, 1_000_000 / repeated.Length));
        var problems = await Task.Run(() => HoconSyntax.Check(text)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(problems.Count, 1, 20);
    }

    [Theory]
    [InlineData("a{", "}")]
    [InlineData("a={", "}")]
    [InlineData("a.", "b=1")]
    public void More_than_a_hundred_levels_are_one_problem(string open, string close)
    {
        var text = string.Concat(Enumerable.Repeat(open, 1000)) + string.Concat(Enumerable.Repeat(close, 1000));
        var problem = Assert.Single(HoconSyntax.Check(text));
        Assert.Equal("more than 100 levels of brackets or of names in a path; nest less deeply", problem.Message);
    }

    [Fact]
    public void A_hundred_and_one_nested_lists_are_one_problem() =>
        Assert.Equal([(1, 105)], Positions("a = " + new string('[', 101) + new string(']', 101)));

    [Fact]
    public void A_hundred_levels_pass() =>
        Assert.Empty(HoconSyntax.Check("a = " + new string('[', 100) + new string(']', 100)));

    private static void AssertOnly(string text, int line, int column, string message) =>
        Assert.Equal([new HoconProblem(line, column, message)], HoconSyntax.Check(text));

    private static IEnumerable<(int, int)> Positions(string text) => HoconSyntax.Check(text).Select(problem => (problem.Line, problem.Column));
}
