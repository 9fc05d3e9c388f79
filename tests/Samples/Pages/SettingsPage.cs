namespace AkkaLb.Samples.Tests.Pages;

/// <summary><c>docs/reference/settings.md</c>, from the files of defaults.</summary>
internal static class SettingsPage
{
    public const string Path = "docs/reference/settings.md";

    public static IReadOnlyList<Defaults> Programs { get; } =
        [Read("balancer", "hocon/balancer.hocon"), Read("worker", "hocon/worker.hocon"), Read("client", "hocon/client.hocon")];

    public static IReadOnlyList<Defaults> Packages { get; } =
    [
        Read("AkkaLb.Discovery.Etcd", "src/Discovery.Etcd/reference.conf"),
        Read("AkkaLb.Coordination.Etcd", "src/Coordination.Etcd/reference.conf"),
    ];

    /// <summary>The page. What several programs say of a key in the same words stands there once.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<Defaults> programs, IReadOnlyList<Defaults> packages) =>
    [
        "# Settings",
        "",
        "Every key, its default and its meaning. `scripts/refresh-docs` makes this page of the files below: change them, and not it.",
        "",
        "| of | file | |",
        "| --- | --- | --- |",
        .. programs.Concat(packages).Select(file => $"| {file.Of} | [{file.File}](../../{file.File}) | {file.About} |"),
        "",
        "## The programs",
        .. programs.SelectMany(file => file.Sections.Select(section => (file.Of, Section: section)))
            .GroupBy(x => x.Section.Path)
            .SelectMany(sections => Table(
                sections.Key,
                sections.Select(x => x.Section.About),
                "| key | of | default | |",
                sections.SelectMany(x => x.Section.Keys.Select(key => (x.Of, Key: key)))
                    .GroupBy(x => x.Key.Path)
                    .SelectMany(keys => keys.GroupBy(x => x.Key.About))
                    .Select(keys => $"| `{keys.First().Key.Path}` | {List(keys.Select(x => x.Of))} | {Default(keys)} | {keys.Key} |"))),
        .. packages.SelectMany(file => new[] { "", $"## {file.Of}" }.Concat(file.Sections.SelectMany(section => Table(
            section.Path,
            [section.About],
            "| key | default | |",
            section.Keys.Select(key => $"| `{key.Path}` | `{key.Default}` | {key.About} |"))))),
    ];

    private static IEnumerable<string> Table(string name, IEnumerable<string> about, string head, IEnumerable<string> rows) =>
    [
        "",
        $"### {name}",
        .. about.Distinct().Where(text => text.Length > 0).SelectMany(text => new[] { "", text }),
        "",
        head,
        string.Join(" --- ", head.Where(c => c == '|')),
        .. rows,
    ];

    /// <summary>One where all have the same one, else each with whose it is.</summary>
    private static string Default(IEnumerable<(string Of, Defaults.Key Key)> keys) =>
        keys.GroupBy(x => x.Key.Default).ToList() is [var all]
            ? $"`{all.Key}`"
            : List(keys.GroupBy(x => x.Key.Default).Select(some => $"`{some.Key}` ({List(some.Select(x => x.Of))})"));

    private static string List(IEnumerable<string> names) => string.Join(", ", names);

    private static Defaults Read(string of, string file) => Defaults.Read(of, file, Page.Read(file));
}
