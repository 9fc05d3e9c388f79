using System.Globalization;

namespace AkkaLb.Processes.Singleton;

/// <summary>Which process is at the other end of a loopback connection, as the kernel knows it.</summary>
internal static class SocketOwners
{
    /// <summary>The one of these processes that owns the connection from this local port; null when none does.</summary>
    /// <param name="port">The local port at the side that dialled.</param>
    /// <param name="toPort">The port it dialled.</param>
    public static int? Find(int port, int toPort, IEnumerable<int> pids)
    {
        // "sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode", addresses as hexadecimal host:port.
        var (local, remote) = (Hex(port), Hex(toPort));
        // A socket for both protocols stands in the second file, also when it speaks IPv4.
        var inode = File.ReadLines("/proc/net/tcp").Skip(1).Concat(File.ReadLines("/proc/net/tcp6").Skip(1))
            .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f[1].EndsWith(local, StringComparison.Ordinal) && f[2].EndsWith(remote, StringComparison.Ordinal))
            .Select(f => f[9])
            .FirstOrDefault();
        var link = $"socket:[{inode}]";
        return pids.Where(pid => Links(pid).Contains(link)).Select(pid => (int?)pid).FirstOrDefault();
    }

    private static string Hex(int port) => string.Create(CultureInfo.InvariantCulture, $":{port:X4}");

    private static IEnumerable<string> Links(int pid)
    {
        string[] files;
        try
        {
            files = Directory.GetFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd"));
        }
        catch (IOException)
        {
            yield break;
        }

        foreach (var file in files)
        {
            string? link;
            try
            {
                link = new FileInfo(file).LinkTarget;
            }
            catch (IOException)
            {
                continue;
            }

            if (link is not null)
            {
                yield return link;
            }
        }
    }
}
