using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AkkaLb.Demo;

/// <summary>A throwaway etcd of one node, on free ports of this machine, with its data in a temporary folder.</summary>
internal sealed class DemoEtcd : IAsyncDisposable
{
    private readonly Child _etcd;
    private readonly string _folder;

    private DemoEtcd(Child etcd, string folder, string endpoint) => (_etcd, _folder, Endpoint) = (etcd, folder, endpoint);

    public string Endpoint { get; }

    public static async Task<DemoEtcd> StartAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("akkalb-demo-etcd-").FullName;
        var (client, peer) = ($"http://127.0.0.1:{FreePort()}", $"http://127.0.0.1:{FreePort()}");
        var started = new DemoEtcd(
            Child.Start(
                "etcd",
                "etcd",
                line => line.Contains("serving client traffic", StringComparison.Ordinal)
                    || line.Contains("serving insecure client requests", StringComparison.Ordinal),
                "--name", "demo", "--data-dir", folder,
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"demo={peer}",
                "--logger=zap", "--log-outputs=stderr"),
            folder,
            client);
        try
        {
            await started._etcd.ReadyAsync(timeout, cancellationToken).ConfigureAwait(false);
            return started;
        }
        catch
        {
            await started.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _etcd.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_folder, recursive: true);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
