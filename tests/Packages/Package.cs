using System.IO.Compression;
using System.Xml.Linq;

namespace AkkaLb.Packages;

/// <summary>A package and its symbols, as files.</summary>
internal sealed class Package
{
    private readonly XElement _metadata;

    /// <param name="path">Without extension.</param>
    public Package(string path)
    {
        (Files, Symbols) = (Read(path + ".nupkg"), Read(path + ".snupkg"));
        using var nuspec = new MemoryStream(Files.Single(file => file.Key.EndsWith(".nuspec", StringComparison.Ordinal)).Value);
        _metadata = XElement.Load(nuspec).Elements().Single();
    }

    /// <summary>By their paths in it.</summary>
    public IReadOnlyDictionary<string, byte[]> Files { get; }

    public IReadOnlyDictionary<string, byte[]> Symbols { get; }

    /// <summary>Names and least versions.</summary>
    public IEnumerable<(string Name, string Version)> Dependencies => _metadata.Descendants()
        .Where(e => e.Name.LocalName == "dependency")
        .Select(e => ((string)e.Attribute("id")!, (string)e.Attribute("version")!));

    public IEnumerable<string> Frameworks => _metadata.Descendants()
        .Where(e => e.Name.LocalName == "frameworkReference")
        .Select(e => (string)e.Attribute("name")!);

    /// <summary>Null: nothing is said of it.</summary>
    public XElement? Element(string name) => _metadata.Elements().SingleOrDefault(e => e.Name.LocalName == name);

    private static Dictionary<string, byte[]> Read(string path)
    {
        using var archive = ZipFile.OpenRead(path);
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var content = entry.Open();
            using var copy = new MemoryStream();
            content.CopyTo(copy);
            return copy.ToArray();
        });
    }
}
