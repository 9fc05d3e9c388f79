using System.Xml.Linq;
using AkkaLb.Tests.Support;

namespace AkkaLb.Packages;

/// <summary>A project below <c>src</c> that is a package: it has a description.</summary>
public sealed class Library
{
    private static readonly Lazy<IReadOnlyList<Library>> Found = new(() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(path => new Library(path))
            .Where(library => library.Description.Length > 0)
            .OrderBy(library => library.Name, StringComparer.Ordinal),
    ]);

    private readonly XElement _project;

    private Library(string path)
    {
        (Name, Folder, _project) = (Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(path)!, XElement.Load(path));
        Description = _project.Descendants("Description").SingleOrDefault()?.Value ?? "";
    }

    public static IReadOnlyList<Library> All => Found.Value;

    /// <summary>Of each, for theories.</summary>
    public static TheoryData<string> Names => [.. All.Select(library => library.Name)];

    /// <summary>Of project, assembly and package.</summary>
    public string Name { get; }

    public string Folder { get; }

    public string Description { get; }

    /// <summary>The libraries that it references itself.</summary>
    public IEnumerable<string> Libraries => Included("ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path));

    /// <summary>The packages of others, and shared frameworks, that it references itself and hands on.</summary>
    public IEnumerable<string> Others => Included("PackageReference").Concat(Included("FrameworkReference"));

    public static Library Of(string name) => All.Single(library => library.Name == name);

    private IEnumerable<string> Included(string kind) => _project.Descendants(kind)
        .Where(item => !string.Equals((string?)item.Attribute("PrivateAssets"), "all", StringComparison.OrdinalIgnoreCase))
        .Select(item => (string)item.Attribute("Include")!)
        .Order(StringComparer.Ordinal);
}
