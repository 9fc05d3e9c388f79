using System.Text.Json;
using AkkaLb.Packages;
using AkkaLb.Programs.Hocon;
using AkkaLb.Tests.Support;

namespace AkkaLb.Samples.Tests.Pages;

/// <summary>What the pages show is what is compiled, and what can be read.</summary>
public sealed class PageTests
{
    private static readonly string Solution = File.ReadAllText(Path.Combine(Repository.Root, "AkkaLb.sln"));

    [Theory]
    [Trait("holds", "docs")]
    [MemberData(nameof(Page.All), MemberType = typeof(Page))]
    public void Each_block_of_CSharp_is_a_region_of_a_file_that_is_compiled(string path)
    {
        var page = Page.Read(path);
        foreach (var block in Block.In(page).Where(block => block.IsCSharp).Reverse())
        {
            var at = $"{path}, line {block.Line}";
            Assert.True(block.Regions.Count > 0, $"""
                {at}: nobody knows whether this block compiles. Put its code into a region of a sample, or of samples/Snippets, and name that:
                ```csharp samples/Snippets/FILE.cs#REGION
                """);
            var lines = Lines(block, at);
            if (Page.IsRefreshing)
            {
                page = [.. block.Replace(page, lines)];
                Page.Write(path, page);
            }
            else
            {
                Assert.True(block.Lines.SequenceEqual(lines), $"""
                    {at}: the block is not what {string.Join(" and ", block.Regions)} says ("-": the page, "+": the region).
                    {string.Join('\n', LineDiff.Of(block.Lines, lines))}
                    Change the region, and run scripts/refresh-docs.
                    """);
            }
        }
    }

    [Fact]
    public void Each_region_of_the_snippets_is_shown_by_a_page()
    {
        const string folder = "samples/Snippets";
        var shown = Page.Paths.SelectMany(path => Block.In(Page.Read(path))).SelectMany(block => block.Regions).ToHashSet();
        var regions = Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs")
            .Select(file => $"{folder}/{Path.GetFileName(file)}")
            .SelectMany(file => Region.Names(Page.Read(file)).Select(name => $"{file}#{name}"))
            .ToList();
        Assert.NotEmpty(regions);
        Assert.All(regions, region => Assert.Contains(region, shown));
    }

    [Theory]
    [MemberData(nameof(Page.All), MemberType = typeof(Page))]
    public void Each_block_of_HOCON_or_JSON_can_be_read(string path)
    {
        foreach (var block in Block.In(Page.Read(path)))
        {
            Assert.True(Problem(block) is null, $"{path}, line {block.Line}: {Problem(block)}");
        }
    }

    [Theory]
    [InlineData("hocon", "akka { loglevel = INFO }", true)]
    [InlineData("hocon", "akka { loglevel = INFO", false)]
    [InlineData("json", """{ "a": 1 }""", true)]
    [InlineData("json", """{ "a": 1, }""", false)]
    public void What_cannot_be_read_is_found(string language, string text, bool isReadable) =>
        Assert.Equal(isReadable, Problem(Block.In([$"```{language}", text, "```"]).Single()) is null);

    [Fact]
    public void A_region_is_shown_without_its_margin_in_one_piece_and_in_the_indentation_of_its_block()
    {
        string[] source =
        [
            "class C", "{", "    // <other>",
            "    // <r>", "    int A()", "    {", "", "        return 1;", "    }", "    // </r>",
            "", "    // </other>",
            "    // <r>", "    int b;", "    // </r>", "}",
        ];
        string[] expected = ["int A()", "{", "", "    return 1;", "}", "int b;"];
        Assert.Equal(expected, Region.Of(source, "r"));

        string[] page = ["1. One", "", "   ```csharp a.cs#r b.cs#s", "   old", "   ```", "2. Two"];
        var block = Block.In(page).Single();
        Assert.Equal((3, "csharp", "old", 2), (block.Line, block.Language, block.Text, block.Regions.Count));
        string[] refreshed = [.. page[..3], "   int A()", "   {", "", "       return 1;", "   }", "   int b;", .. page[4..]];
        Assert.Equal(refreshed, block.Replace(page, Region.Of(source, "r")));
    }

    [Fact]
    public void A_region_that_is_not_there_is_empty_or_has_no_end_is_refused()
    {
        Assert.Throws<FormatException>(() => Region.Of(["// <r>", "a", "// </r>"], "s"));
        Assert.Throws<FormatException>(() => Region.Of(["// <r>", "", "// </r>"], "r"));
        Assert.Throws<FormatException>(() => Region.Of(["// <r>", "a"], "r"));
        Assert.Throws<FormatException>(() => Block.In(["```csharp a.cs#r", "a"]).ToList());
    }

    /// <summary>Of all its regions, with an empty line between two.</summary>
    private static List<string> Lines(Block block, string at)
    {
        var lines = new List<string>();
        foreach (var region in block.Regions)
        {
            var (file, name) = region.Split('#') is [var f, var n] ? (f, n) : throw new FormatException($"{at}: {region} is not FILE#REGION");
            var source = Page.Read(file);
            Assert.True(IsCompiled(file, source), $"{at}: {file} is in no project of the solution, or not all of it is compiled");
            lines.AddRange(lines.Count > 0 ? [""] : []);
            lines.AddRange(Region.Of(source, name));
        }

        return lines;
    }

    /// <summary>A project of the solution compiles all C# files in its folder and below.</summary>
    private static bool IsCompiled(string file, IEnumerable<string> source)
    {
        var folder = Path.GetDirectoryName(file);
        while (folder is not (null or "") && Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.csproj").Length == 0)
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder is not (null or "") && file.EndsWith(".cs", StringComparison.Ordinal)
            && Solution.Contains($"\"{folder.Replace('/', '\\')}\\", StringComparison.Ordinal)
            && !source.Any(line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal));
    }

    /// <summary>What is wrong with a block, as far as its language is known here; null: nothing.</summary>
    private static string? Problem(Block block)
    {
        switch (block.Language)
        {
            case "hocon":
                return HoconSyntax.Check(block.Text).Select(problem => $"{problem}").FirstOrDefault();
            case "json":
                try
                {
                    JsonDocument.Parse(block.Text).Dispose();
                    return null;
                }
                catch (JsonException e)
                {
                    return e.Message;
                }

            default:
                return null;
        }
    }
}
