using System.Globalization;
using System.Net.Sockets;
using System.Text;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Strangers on the balancer's port disturb nobody else.</summary>
[Collection(Alone.Name)]
public sealed class GarbageTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 4053;

    private const int Times = 20;

    /// <summary>Akka's frames begin with their length, four bytes, least significant first.</summary>
    private static readonly byte[] LengthOf1000 = [0xE8, 3, 0, 0];

    private TestCluster _cluster = null!;
    private Assignments _assignments = null!;

    public async Task InitializeAsync()
    {
        _cluster = await TestCluster.StartAsync(output);
        try
        {
            await _cluster.AddWorkersAsync(["w1"]);
            _assignments = await Assignments.AskAsync(_cluster.Address);
        }
        catch
        {
            await _cluster.DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        await _assignments.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Garbage_on_the_port_is_logged_and_it_and_broken_connections_disturb_nobody_else()
    {
        // What is no length is told once a minute, whoever sends it and whatever it was; a frame that is none of Akka's each time.
        const string noLength = "it announced a frame of ";
        (string Name, byte[] Bytes, string? Logged)[] garbage =
        [
            ("random bytes", RandomBytes(64 << 10), noLength),
            ("an HTTP request", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: balancer\r\n\r\n"), null),
            ("a frame of garbage", [.. LengthOf1000, .. RandomBytes(1000)], "PDU of length 1000"),
            ("a length of 100 MB", [.. BitConverter.GetBytes(100_000_000), .. RandomBytes(64 << 10)], null),
            ("a negative length", [.. BitConverter.GetBytes(-1), .. RandomBytes(1000)], null),
        ];
        await UndisturbedAsync(async balancer =>
        {
            // The sentences are those of AkkaLb's transport.
            var isOurs = TestTransport.IsAlwaysPipelines;
            foreach (var (name, bytes, logged) in garbage)
            {
                var told = logged is null || !isOurs ? null : balancer.Error.NextAsync(l => l.Contains(logged, StringComparison.Ordinal));
                await SendAsync(bytes);
                output.WriteLine($"{name}: {(told is null ? "it is hung up on" : (await told.WaitAsync(NodeProcess.Bound)).Text)}");
            }

            Assert.True(!isOurs || balancer.Error.Texts.Count(l => l.Contains(noLength, StringComparison.Ordinal)) == 1, "told more than once");
        });
        // Half a frame. Not in the log: a connection that breaks is nobody's mistake.
        await UndisturbedAsync(_ => SendAsync([.. LengthOf1000, .. RandomBytes(500)]));
        await UndisturbedAsync(async _ =>
        {
            var strangers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => DialAsync()));
            await _assignments.UntilAsync(a => a.Count >= 200);
            Array.ForEach(strangers, s => s.Dispose());
        });
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<TcpClient> DialAsync()
    {
        var parts = _cluster.Address.Split(':');
        var stranger = new TcpClient();
        await stranger.ConnectAsync(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture));
        return stranger;
    }

    /// <summary>Often enough, and one after another: sends, says that no more will come, and waits until the other side hangs up.</summary>
    private async Task SendAsync(byte[] bytes)
    {
        for (var i = 0; i < Times; i++)
        {
            using var stranger = await DialAsync();
            try
            {
                var stream = stranger.GetStream();
                await stream.WriteAsync(bytes);
                stranger.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(new byte[1024]).AsTask().WaitAsync(NodeProcess.Bound) > 0)
                {
                    // Whatever it says.
                }
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // Hung up before it had read all.
            }
        }
    }

    /// <summary>Meanwhile and afterwards every question is answered, memory stays, and no stack trace is printed.</summary>
    private async Task UndisturbedAsync(Func<NodeProcess, Task> disturb)
    {
        var balancer = _cluster.Balancer;
        await _assignments.UntilAsync(a => a.Count >= 100);
        var resident = balancer.ResidentBytes;

        await disturb(balancer);
        await _assignments.UntilAsync(a => a.Count >= 200);

        var growth = (balancer.ResidentBytes - resident) / (1 << 20);
        output.WriteLine($"{_assignments.Answers.Count} questions answered; resident memory of the balancer {resident >> 20} MiB, then {growth} "
            + $"MiB more");
        _assignments.AssertAllAnswered();
        Assert.InRange(growth, long.MinValue, 100);
        _cluster.AssertNoStackTraces();
    }
}
