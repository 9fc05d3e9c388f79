using System.Net;
using System.Net.Sockets;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;

namespace AkkaLb.Etcd.Tests;

/// <summary>From a name to a connection, on a network that the test makes up.</summary>
public sealed class EtcdDialerTests
{
    private const string Name = "etcd.example";
    private static readonly EtcdKeyRange Keys = new("/test/");
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_name_whose_first_address_swallows_everything_connects_by_the_second()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        using var connection = Connect(Made(etcd.Port, ("10.0.0.1", null), ("10.0.0.2", SocketError.Success)), TimeSpan.FromSeconds(10));
        await connection.CountAsync(Keys, default).WaitAsync(Bound);
    }

    [Fact]
    public async Task What_is_known_of_a_name_wins_over_that_it_did_not_answer()
    {
        Assert.Equal(
            "etcd at http://etcd.example:1 cannot be used right now: Connection refused",
            await TroubleAsync(Made(1, ("10.0.0.1", SocketError.ConnectionRefused))));
        Assert.Equal(
            "etcd at http://etcd.example:1 cannot be used right now: no connection within 1.125 s (10.0.0.2: Connection refused, 10.0.0.1: no "
                + "answer)",
            await TroubleAsync(Made(1, ("10.0.0.1", null), ("10.0.0.2", SocketError.ConnectionRefused))));
        Assert.Equal(
            "etcd at http://etcd.example:1 cannot be used right now: no connection within 1.125 s",
            await TroubleAsync(Made(1, ("10.0.0.1", null))));
        Assert.StartsWith(
            "etcd at http://etcd.example:1 cannot be used right now: the name etcd.example cannot be resolved: ",
            await TroubleAsync(new MadeUp(null, 1)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_ends_while_another_try_is_under_way_tells_why_the_last_one_failed()
    {
        var network = Made(1, ("10.0.0.1", SocketError.ConnectionRefused));
        using var connection = Connect(network, TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<RegistryUnavailableException>(() => connection.CountAsync(Keys, default).WaitAsync(Bound));
        network.Swallow();
        var told = await Assert.ThrowsAsync<RegistryUnavailableException>(
            () => connection.KeepAliveAsync(1, TimeSpan.FromMilliseconds(300), default).WaitAsync(Bound));
        Assert.Equal("etcd at http://etcd.example:1 cannot be used right now: Connection refused", told.Message);
    }

    [Fact]
    public async Task A_member_that_refuses_beside_one_that_is_silent_is_told_with_its_reason()
    {
        await using var silent = new FaultyProxy(1);
        silent.Silence();
        var refusing = FreePorts.Take();
        // The other one is asked after a third of the time, and a process that has just begun may take a second for its first call.
        using var connection = new EtcdConnection(
            Loopback(silent.Port, refusing) with { RequestTimeout = TimeSpan.FromSeconds(4) }, TimeProvider.System);
        var told = await Assert.ThrowsAsync<RegistryUnavailableException>(() => connection.CountAsync(Keys, default).WaitAsync(Bound));
        Assert.Equal(
            $"etcd at http://127.0.0.1:{refusing} cannot be used right now: Connection refused; etcd at {silent.Endpoint} did not answer within 4 s",
            told.Message);
    }

    [Fact]
    public async Task A_write_goes_to_the_next_member_when_it_cannot_have_arrived_at_the_first()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        using var connection = new EtcdConnection(
            Loopback(FreePorts.Take(), etcd.Port) with { RequestTimeout = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        await connection.GrantAsync(TimeSpan.FromMinutes(1), default).WaitAsync(Bound);
        await connection.GrantAsync(TimeSpan.FromMinutes(1), default).WaitAsync(Bound);
    }

    private static async Task<string> TroubleAsync(INetwork network)
    {
        using var connection = Connect(network, TimeSpan.FromSeconds(1.5));
        return (await Assert.ThrowsAsync<RegistryUnavailableException>(() => connection.CountAsync(Keys, default).WaitAsync(Bound))).Message;
    }

    private static EtcdConnection Connect(MadeUp network, TimeSpan timeout) => Connect((INetwork)network, timeout, network.Port);

    private static EtcdConnection Connect(INetwork network, TimeSpan timeout, int port = 1) =>
        new(new EtcdSettings([new EtcdEndpoint(Name, port)]) { RequestTimeout = timeout }, TimeProvider.System, network);

    private static EtcdSettings Loopback(params int[] ports) => new([.. ports.Select(p => new EtcdEndpoint("127.0.0.1", p))]);

    private static MadeUp Made(int port, params (string Address, SocketError? Outcome)[] hosts) =>
        new(hosts.ToDictionary(h => IPAddress.Parse(h.Address), h => h.Outcome), port);

    /// <summary>Each address is a black hole (null), refuses, or leads to a port of this machine.</summary>
    private sealed class MadeUp(Dictionary<IPAddress, SocketError?>? hosts, int port) : INetwork
    {
        private volatile bool _isSwallowing;

        public int Port => port;

        public void Swallow() => _isSwallowing = true;

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => host == Name && hosts is not null
            ? Task.FromResult<IPAddress[]>([.. hosts.Keys])
            : throw new SocketException((int)SocketError.HostNotFound);

        public async Task<Stream> DialAsync(IPEndPoint address, CancellationToken cancellationToken)
        {
            if (_isSwallowing || hosts![address.Address] is not { } outcome)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                throw new InvalidOperationException();
            }

            return outcome == SocketError.Success
                ? await new TcpNetwork().DialAsync(new IPEndPoint(IPAddress.Loopback, address.Port), cancellationToken)
                : throw new SocketException((int)outcome);
        }
    }
}
