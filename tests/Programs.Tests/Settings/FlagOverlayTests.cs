using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Tests.Settings;

public class FlagOverlayTests
{
    public static TheoryData<string> Hostile { get; } =
    [
        "", " ", "plain", "\"", "\"\"", "\\", "\\\"", "a\\", "\\n", "line\nline", "tab\there", "\r\n", "\u0001", "${x}", "${?HOME}", "#",
        "// no comment",
        "a = b", "{ a = 1 }", "[1, 2]", "\"\"\"", "true", "include \"x\"", "ä€😀", "\u2028", "\\u0041", "\" , akkalb.port = 1 \n", "+=", " padded ",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_value_is_read_back_as_it_was_given_but_for_blanks_around_it(string value) =>
        Assert.Equal(value.Trim(), new FlagOverlay().Set("akkalb.a", value).Set("akkalb.b", "2").ToConfig().ReadText("akkalb.a"));

    [Theory]
    [MemberData(nameof(Hostile))]
    public void What_stands_behind_a_hostile_value_is_read_too(string value) =>
        Assert.Equal("2", new FlagOverlay().Set("akkalb.a", value).Set("akkalb.b", "2").ToConfig().ReadText("akkalb.b"));

    [Fact]
    public void The_word_null_is_no_text_and_refused_by_name() => Assert.Equal(
        ["akkalb.a = null: must be text"],
        Assert.Throws<SettingsException>(() => new FlagOverlay().Set("akkalb.a", "null").ToConfig().ReadText("akkalb.a")).Problems);

    [Fact]
    public void A_list_is_cut_at_commas_and_its_items_are_quoted() =>
        Assert.Equal(["a:1", "#b", "${c}"], new FlagOverlay().SetList("akkalb.l", "a:1, #b,${c}").ToConfig().ReadTextList("akkalb.l"));

    [Fact]
    public void A_flag_that_was_not_given_sets_nothing() =>
        Assert.True(new FlagOverlay().Set("a", null).SetList("b", null).SetDuration("c", null, "s").ToConfig().IsEmpty);

    [Theory]
    [InlineData("5", "s", 5000)]
    [InlineData("0.5", "s", 500)]
    [InlineData("250", "ms", 250)]
    [InlineData("2s", "ms", 2000)]
    public void A_duration_is_a_number_of_its_unit_or_says_its_own(string text, string unit, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds),
            new FlagOverlay().SetDuration("akkalb.d", text, unit).ToConfig().ReadDuration("akkalb.d"));

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("1e3")]
    public void Anything_else_is_passed_on_to_be_refused(string text) => Assert.Throws<SettingsException>(
        () => new FlagOverlay().SetDuration("akkalb.d", text, "s").ToConfig().ReadDuration("akkalb.d"));
}
