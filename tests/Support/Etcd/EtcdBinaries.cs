namespace AkkaLb.Tests.Support.Etcd;

/// <summary>Where the etcd programs are: on PATH, or where <c>scripts/install-etcd</c> unpacks them.</summary>
public static class EtcdBinaries
{
    public static string Etcd { get; } = Find("etcd");

    public static string Etcdctl { get; } = Find("etcdctl");

    private static string Find(string name)
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var unpacked = Path.Combine(Repository.Root, "artifacts", "etcd", "usr", "bin");
        return onPath.Append(unpacked).Where(d => d.Length > 0).Select(d => Path.Combine(d, name)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException(
                $"'{name}' is neither on PATH nor in artifacts/etcd/usr/bin: run scripts/install-etcd, then the tests again.");
    }
}
