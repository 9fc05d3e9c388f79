using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Xml.Linq;
using AkkaLb.Tests.Support;

namespace AkkaLb.Packages;

/// <summary>What is in the packages.</summary>
[Collection(Feed.Name)]
public sealed class PackageTests(Feed feed)
{
    [Fact]
    public void The_solution_packs_every_library_with_its_symbols_and_nothing_else()
    {
        var expected = Library.All.SelectMany(l => new[] { $"{l.Name}.{feed.Version}.nupkg", $"{l.Name}.{feed.Version}.snupkg" });
        var packed = Directory.GetFiles(feed.Folder).Select(path => Path.GetFileName(path));
        Assert.Equal(expected.Order(StringComparer.Ordinal), packed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Library.Names), MemberType = typeof(Library))]
    public void A_package_says_what_it_is_and_shows_its_page_icon_and_licence(string name)
    {
        var (library, package) = (Library.Of(name), feed.Package(name));
        Assert.Equal(library.Description, package.Element("description")?.Value);
        Assert.NotEqual("Package Description", library.Description);
        Assert.False(string.IsNullOrWhiteSpace(package.Element("tags")?.Value));
        Assert.Equal(("expression", "Apache-2.0"), ((string?)package.Element("license")?.Attribute("type"), package.Element("license")?.Value));
        Assert.Equal(File.ReadAllBytes(Path.Combine(library.Folder, "README.md")), package.Files[package.Element("readme")!.Value]);
        Assert.Equal(File.ReadAllBytes(Path.Combine(Repository.Root, "icon.png")), package.Files[package.Element("icon")!.Value]);
        Assert.StartsWith($"# {name}\n", Encoding.UTF8.GetString(package.Files["README.md"]), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Library.Names), MemberType = typeof(Library))]
    public void A_package_names_a_repository_only_where_others_can_fetch_it(string name)
    {
        var repository = feed.Package(name).Element("repository");
        Assert.Matches("^(https://[^@]+)?$", (string?)repository?.Attribute("url") ?? "");
        Assert.Matches("^[0-9a-f]{40,}$", (string?)repository?.Attribute("commit") ?? new string('0', 40));
    }

    [Theory]
    [MemberData(nameof(Library.Names), MemberType = typeof(Library))]
    public void A_package_is_one_library_with_the_text_of_its_members_and_symbols_that_fit(string name)
    {
        var package = feed.Package(name);
        string[] expected = [$"{name}.nuspec", "README.md", "icon.png", $"lib/net10.0/{name}.dll", $"lib/net10.0/{name}.xml"];
        Assert.Equal(expected, package.Files.Keys.Where(file => !IsOfTheFormat(file)).Order(StringComparer.Ordinal));

        using var text = new MemoryStream(package.Files[$"lib/net10.0/{name}.xml"]);
        var members = XElement.Load(text).Descendants("member").Select(member => (string)member.Attribute("name")!);
        Assert.Contains(members, member => member.StartsWith("T:", StringComparison.Ordinal));

        using var library = new PEReader(new MemoryStream(package.Files[$"lib/net10.0/{name}.dll"]));
        var built = library.ReadDebugDirectory().Single(entry => entry.Type == DebugDirectoryEntryType.CodeView);
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(package.Symbols[$"lib/net10.0/{name}.pdb"]));
        Assert.Equal(library.ReadCodeViewDebugDirectoryData(built).Guid, new BlobContentId(symbols.GetMetadataReader().DebugMetadataHeader!.Id).Guid);
    }

    [Theory]
    [Trait(Held.Trait, Held.Files)]
    [MemberData(nameof(Library.Names), MemberType = typeof(Library))]
    public void A_package_needs_libraries_of_its_own_version_no_program_and_what_is_held_for_it(string name)
    {
        var package = feed.Package(name);
        Assert.All(
            package.Dependencies.Where(d => d.Name.StartsWith("AkkaLb.", StringComparison.Ordinal)),
            d => Assert.True(d.Version == feed.Version && Library.All.Any(l => l.Name == d.Name), $"{d.Name} {d.Version}"));
        Assert.DoesNotContain(package.Dependencies, d => d.Version.Contains('-', StringComparison.Ordinal) && d.Version != feed.Version);
        var needs = package.Dependencies.Select(d => d.Name).Concat(package.Frameworks.Select(framework => $"{framework} (framework)"));
        Held.Check($"{name}.needs.txt", needs.Order(StringComparer.Ordinal));
    }

    private static bool IsOfTheFormat(string file) => file == "[Content_Types].xml" || Path.GetExtension(file) is ".rels" or ".psmdcp";
}
