using AkkaLb.Tests.Support;

namespace AkkaLb.Packages;

/// <summary><c>docs/packages.md</c> agrees with the projects.</summary>
public sealed class PageTests
{
    [Fact]
    public void The_page_of_packages_has_a_row_for_each_library_and_no_other()
    {
        var page = File.ReadLines(Path.Combine(Repository.Root, "docs", "packages.md"));
        string[] rows = [.. page.Where(line => line.StartsWith("| [AkkaLb.", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string[] expected = [.. Library.All.Select(Row).Order(StringComparer.Ordinal)];
        Assert.True(rows.SequenceEqual(expected), $"""
            docs/packages.md does not have the rows that the projects say ("-": there, "+": to be there).
            {string.Join('\n', LineDiff.Of(rows, expected))}
            """);
    }

    private static string Row(Library library)
    {
        var page = $"../src/{Path.GetFileName(library.Folder)}/README.md";
        return $"| [{library.Name}]({page}) | {library.Description} | {List(library.Libraries.Select(Short))} | {List(library.Others)} |";
    }

    private static string Short(string library) => library["AkkaLb.".Length..];

    private static string List(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("-"));
}
