using System.Reflection;

namespace AkkaLb.Programs.Tests.Hocon;

/// <summary>Valid HOCON: Akka's own reference files as they stand in its assemblies, and one of ours with every construct.</summary>
internal static class ReferenceTexts
{
    /// <summary>Braces, lists, quotes of both kinds, substitutions, comments: each bracket and quote of it matters.</summary>
    public const string BraceStyle = """"
        # A comment with "quotes { and braces [
        akkalb {
          port = 4053 // trailing comment
          host : "127.0.0.1"
          prefix = /akkalb
          balancer {
            policy = least-in-flight
            weights = [ 1, 2, [ 3, "a, b" ], ]
            "quoted.key" = "x\ty \u00e9 \"q\""
            notice = """
              several { lines
            """
          }
          workers = [
            { name = "a", capacity = 64 }
            { name = b c, capacity = 10 ms }
          ]
          nothing = null
          far = ${akkalb.port}
        }
        """";

    public static IReadOnlyList<string> ResourceNames { get; } =
        [.. from name in Assemblies() from resource in Assembly.Load(name).GetManifestResourceNames()
            where resource.EndsWith(".conf", StringComparison.Ordinal) select $"{name}/{resource}"];

    public static string Read(string resourceName)
    {
        var parts = resourceName.Split('/');
        using var reader = new StreamReader(Assembly.Load(parts[0]).GetManifestResourceStream(parts[1])!);
        return reader.ReadToEnd();
    }

    private static string[] Assemblies() => ["Akka", "Akka.Remote", "Akka.Cluster", "Akka.Cluster.Tools", "Akka.Coordination", "Akka.Discovery"];
}
