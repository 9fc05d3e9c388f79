using System.Reflection;

namespace AkkaLb.Tests.Support;

/// <summary>The clone in which the tests were built.</summary>
public static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>Debug or Release.</summary>
    public static string Configuration { get; } =
        typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static string Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "AkkaLb.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("AkkaLb.sln is not above the tests");
        }

        return directory.FullName;
    }
}
