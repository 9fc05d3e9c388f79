using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using AkkaLb.Core.Balancing;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

public sealed class EtcdFaultsTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task A_frozen_etcd_is_unavailable_within_the_deadline_whatever_is_asked()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var registry = (Settings.For(etcd) with { RequestTimeout = Timeout }).Open();
        var lease = (await registry.AddAsync(Worker("w1"))).LeaseId;
        etcd.Freeze();

        await AssertUnavailableInTimeAsync(ct => registry.ProbeAsync(ct));
        await AssertUnavailableInTimeAsync(ct => registry.RegisterAsync(Worker("w2"), Ttl, ct));
        await AssertUnavailableInTimeAsync(ct => registry.KeepAliveAsync(lease, ct));
        await AssertUnavailableInTimeAsync(ct => registry.UpdateAsync(lease, Worker("w1"), ct));
        await AssertUnavailableInTimeAsync(ct => registry.LookAsync(lease, Worker("w1"), ct));
        await AssertUnavailableInTimeAsync(ct => registry.PutBackAsync(lease, Worker("w1"), 0, ct));
        await AssertUnavailableInTimeAsync(ct => registry.DeregisterAsync(lease, ct));
    }

    [Fact]
    public async Task A_look_that_meets_a_frozen_etcd_takes_no_longer_than_a_third_of_its_lease_for_renewals_wait_for_it()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var registry = (Settings.For(etcd) with { RequestTimeout = TimeSpan.FromHours(1) }).Open();
        var lease = (await registry.AddAsync(Worker("w1"), ttl: TimeSpan.FromSeconds(3))).LeaseId;
        etcd.Freeze();
        await AssertUnavailableInTimeAsync(ct => registry.LookAsync(lease, Worker("w1"), ct));
        await AssertUnavailableInTimeAsync(ct => registry.PutBackAsync(lease, Worker("w1"), 0, ct));
    }

    [Fact]
    public async Task Where_nothing_listens_etcd_is_unavailable_and_the_message_names_the_address()
    {
        var port = FreePorts.Take();
        await using var registry = Settings.For(port).Open();
        var problem = await AssertUnavailableInTimeAsync(ct => registry.ProbeAsync(ct));
        Assert.Contains($"http://127.0.0.1:{port}", problem, StringComparison.Ordinal);
        await AssertUnavailableInTimeAsync(ct => registry.KeepAliveAsync(1, ct));
    }

    [Fact]
    public async Task A_service_that_is_not_etcd_is_named_as_such()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource();
        var serving = AnswerLikeAWebServerAsync(listener, over.Token);
        await using var registry = Settings.For(((IPEndPoint)listener.LocalEndpoint).Port).Open();

        var problem = await AssertUnavailableInTimeAsync(ct => registry.ProbeAsync(ct));

        Assert.Contains("does not speak etcd's protocol", problem, StringComparison.Ordinal);
        await over.CancelAsync();
        await serving;
    }

    [Fact]
    public async Task A_probe_of_an_etcd_that_is_there_returns()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await using var registry = Settings.For(etcd).Open();
        await registry.ProbeAsync(CancellationToken.None);
    }

    [Fact]
    public async Task With_authentication_switched_on_every_call_and_the_watch_are_refused()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await etcd.Etcdctl("user", "add", "root:rootpw");
        await etcd.Etcdctl("user", "grant-role", "root", "root");
        await etcd.Etcdctl("auth", "enable");
        await using var registry = Settings.For(etcd).Open();

        await Assert.ThrowsAsync<RegistryRefusedException>(() => registry.ProbeAsync(CancellationToken.None));
        await Assert.ThrowsAsync<RegistryRefusedException>(() => registry.RegisterAsync(Worker("w1"), Ttl, CancellationToken.None));
        await using var watch = new WatchProbe(registry);
        await Assert.ThrowsAnyAsync<Exception>(watch.NextReadAsync);
        Assert.IsType<RegistryRefusedException>(await watch.CancelAsync());
    }

    private static async Task<string> AssertUnavailableInTimeAsync(Func<CancellationToken, Task> call)
    {
        var watch = Stopwatch.StartNew();
        var fault = await Assert.ThrowsAsync<RegistryUnavailableException>(() => call(CancellationToken.None));
        // The deadline is 0.5 s, or 2 s where the test left it alone; the rest allows for a machine under load.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        return fault.Message;
    }

    private static async Task AnswerLikeAWebServerAsync(TcpListener listener, CancellationToken over)
    {
        while (await TryAcceptAsync(listener, over) is { } client)
        {
            // Not awaited: the client opens connections on which it says nothing.
            _ = AnswerLikeAWebServerAsync(client);
        }
    }

    private static async Task AnswerLikeAWebServerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                // HTTP/2 opens with 24 bytes that a web server takes for a strange request.
                await client.GetStream().ReadAtLeastAsync(new byte[1024], 24);
                await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
            catch (IOException)
            {
                // The client had heard enough.
            }
        }
    }

    private static async Task<TcpClient?> TryAcceptAsync(TcpListener listener, CancellationToken over)
    {
        try
        {
            return await listener.AcceptTcpClientAsync(over);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
