using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>Whoever begins at README.md finds every page, and no link is dead. Pages that are made of something agree with it.</summary>
public sealed class SiteTests
{
    private static readonly string[] Indexed = [.. Page.Paths.Except([SiteIndex.Path])];

    public static TheoryData<string> DefaultsFiles { get; } = [.. SettingsPage.Programs.Concat(SettingsPage.Packages).Select(file => file.File)];

    [Theory]
    [MemberData(nameof(Page.All), MemberType = typeof(Page))]
    public void Each_link_leads_to_a_file_and_each_anchor_to_a_heading(string path)
    {
        var problems = Link.In(Page.Read(path)).Where(link => link.Problem(path) is not null).ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems.Select(link => $"{path}, line {link.Line}: {link.Target} {link.Problem(path)}")));
    }

    [Theory]
    [InlineData("README.md", null)]
    [InlineData("../docs/README.md#the-site", null)]
    [InlineData("#the-site", null)]
    [InlineData("gone.md", "leads nowhere")]
    [InlineData("decisions", "leads to a folder; name its README.md, or write the folder as code")]
    [InlineData("README.md#gone", "names a heading that is not there")]
    [InlineData("../LICENSE#gone", "names a heading that is not there")]
    [InlineData("../../README.md", "leads out of the repository")]
    public void A_dead_link_is_found(string target, string? problem) =>
        Assert.Equal(problem, Link.In([$"See [it]({target})."]).Single().Problem("docs/README.md"));

    [Fact]
    public void Links_are_read_outside_of_code()
    {
        string[] page =
            ["[`a`](a.md) ![b](b.png) `[c](c.md)`", "```", "[d](d.md)", "```", "[e](https://e.md)", "", "[f]: f.md", "<img src=\"g.png\">"];
        Assert.Equal([new Link(1, "a.md"), new Link(1, "b.png"), new Link(7, "f.md"), new Link(8, "g.png")], Link.In(page));
    }

    [Fact]
    public void Anchors_are_those_of_the_headings()
    {
        string[] page = ["# A `--flag`, and more", "## akka.lb", "```", "# no heading", "```", "## See [this](x.md)", "## akka.lb"];
        Assert.Equal(["a---flag-and-more", "akkalb", "akkalb-1", "see-this"], Link.Anchors(page).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void README_leads_to_the_index() => Assert.Contains(Link.In(Page.Read("README.md")), link => link.File("README.md") == SiteIndex.Path);

    [Fact]
    public void Each_page_is_in_the_index_once_or_in_a_list_to_which_the_index_leads()
    {
        var entries = SiteIndex.Entries(SiteIndex.Path).Select(entry => entry.Page).ToList();
        var further = SiteIndex.Further.Select(entry => entry.Page).ToList();
        Assert.Equal([], entries.Except(Indexed));
        Assert.Equal([], Indexed.Except(entries).Except(further));
        Assert.Equal(entries.Distinct(), entries);
        Assert.Equal(further.Distinct(), further);
    }

    [Fact]
    [Trait("holds", "docs")]
    public void The_contents_of_the_site_are_those_of_the_index() => Page.Hold(SiteIndex.TocPath, SiteIndex.Toc());

    [Fact]
    [Trait("holds", "docs")]
    public void The_page_of_settings_is_made_of_the_files_of_defaults() =>
        Page.Hold(SettingsPage.Path, SettingsPage.Of(SettingsPage.Programs, SettingsPage.Packages));

    [Theory]
    [MemberData(nameof(DefaultsFiles))]
    public void Every_key_of_the_defaults_is_read_and_explained(string file)
    {
        var defaults = SettingsPage.Programs.Concat(SettingsPage.Packages).Single(defaults => defaults.File == file);
        var root = ConfigurationFactory.ParseString(string.Join('\n', Page.Read(file))).Root;
        Assert.Equal(
            Leaves("", root).Order(StringComparer.Ordinal),
            defaults.Sections.SelectMany(section => section.Keys).Select(key => key.Path).Order(StringComparer.Ordinal));
        Assert.All(defaults.Sections.SelectMany(section => section.Keys.Select(key => (key, section))), x =>
            Assert.True((x.key.About + x.section.About).Length > 0, $"{file}: no comment says what {x.key.Path} is"));
    }

    [Fact]
    public void What_programs_say_alike_of_a_key_stands_on_the_page_once()
    {
        string[] one =
            ["# One.", "a {", "  # A | b.", "  #   x { y = 1 }", "  # Flag: --c", "  c = 1", "", "  # S.", "  s {", "    d = \"\"", "  }", "}"];
        string[] two = ["# Two.", "a {", "  # A | b.", "  #   x { y = 1 }", "  # Flag: --c", "  c = 2", "  e { }", "", "  # F.", "  f = []", "}"];
        var page = SettingsPage.Of([Defaults.Read("one", "1", one), Defaults.Read("two", "2", two)], [Defaults.Read("three", "3", one)]);
        string[] expected =
        [
            "## The programs", "",
            "### a", "", "| key | of | default | |", "| --- | --- | --- | --- |",
            @"| `a.c` | one, two | `1` (one), `2` (two) | A \| b. `x { y = 1 }` Flag: `--c` |",
            "| `a.e` | two | `{}` | See `a.c`. |",
            "| `a.f` | two | `[]` | F. |", "",
            "### a.s", "", "S.", "", "| key | of | default | |", "| --- | --- | --- | --- |",
            "| `a.s.d` | one | `\"\"` |  |", "",
            "## three", "",
            "### a", "", "| key | default | |", "| --- | --- | --- |",
            @"| `a.c` | `1` | A \| b. `x { y = 1 }` Flag: `--c` |", "",
            "### a.s", "", "S.", "", "| key | default | |", "| --- | --- | --- |",
            "| `a.s.d` | `\"\"` |  |",
        ];
        Assert.Equal(expected, page.SkipWhile(line => line != "## The programs"));
    }

    [Theory]
    [InlineData("a {", "  b = 1, c = 2 d", "  e", "}")]
    [InlineData("a {", "  # Of nothing.", "", "  b = 1", "}")]
    [InlineData("a {", "  b = 1", "  # Of nothing.", "}")]
    [InlineData("b = 1")]
    [InlineData("}")]
    [InlineData("")]
    public void Defaults_that_would_be_lost_are_refused(params string[] lines) =>
        Assert.Throws<FormatException>(() => Defaults.Read("one", "1", lines));

    private static IEnumerable<string> Leaves(string path, HoconValue value) =>
        value.IsObject() && value.GetObject().Items is { Count: > 0 } items
            ? items.SelectMany(item => Leaves(path.Length == 0 ? item.Key : $"{path}.{item.Key}", item.Value))
            : [path];
}
