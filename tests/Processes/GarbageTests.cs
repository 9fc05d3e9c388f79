using System.Net.Sockets;
using System.Text;
using AkkaLb.Processes.Harness;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Strangers on the balancer's port disturb nobody else.</summary>
public sealed class GarbageTests(ITestOutputHelper output)
{
    private const int Seed = 4053;

    /// <summary>Akka's frames begin with their length, four bytes, least significant first.</summary>
    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "random bytes", RandomBytes(64 << 10) },
        { "an HTTP request", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: balancer\r\n\r\n") },
        { "half a frame", [0xE8, 3, 0, 0, .. RandomBytes(500)] },
        { "a frame of garbage", [0xE8, 3, 0, 0, .. RandomBytes(1000)] },
        { "a length of 100 MB", [.. BitConverter.GetBytes(100_000_000), .. RandomBytes(64 << 10)] },
        { "a negative length", [.. BitConverter.GetBytes(-1), .. RandomBytes(1000)] },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_on_the_port_is_logged_in_a_line_and_everybody_else_is_answered(string what, byte[] bytes)
    {
        await using var cluster = await TestCluster.StartAsync(output);
        await cluster.AddWorkersAsync(["w1"]);
        await using var assignments = await Assignments.AskAsync(cluster.Address);
        await assignments.UntilAsync(a => a.Count >= 100);
        var resident = cluster.Balancer.ResidentBytes;
        var told = cluster.Balancer.Error.FirstAsync(l => l.Contains("warn", StringComparison.Ordinal) || l.Contains("fail", StringComparison.Ordinal));

        for (var i = 0; i < 20; i++)
        {
            await SendAsync(cluster.Address, bytes);
        }

        output.WriteLine($"{what}: {(await told.WaitAsync(NodeProcess.Bound)).Text}");
        await assignments.UntilAsync(a => a.Count >= 200);
        assignments.AssertAllAnswered();
        AssertGrowth(cluster, resident);
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Two_hundred_connections_opened_and_dropped_disturb_nobody()
    {
        await using var cluster = await TestCluster.StartAsync(output);
        await cluster.AddWorkersAsync(["w1"]);
        await using var assignments = await Assignments.AskAsync(cluster.Address);
        await assignments.UntilAsync(a => a.Count >= 100);
        var resident = cluster.Balancer.ResidentBytes;

        var strangers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => DialAsync(cluster.Address)));
        await assignments.UntilAsync(a => a.Count >= 200);
        Array.ForEach(strangers, s => s.Dispose());
        await assignments.UntilAsync(a => a.Count >= 200);

        assignments.AssertAllAnswered();
        AssertGrowth(cluster, resident);
        cluster.AssertNoStackTraces();
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<TcpClient> DialAsync(string address)
    {
        var stranger = new TcpClient();
        await stranger.ConnectAsync(address.Split(':')[0], int.Parse(address.Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));
        return stranger;
    }

    /// <summary>Sends, says that no more will come, and waits until the other side hangs up.</summary>
    private static async Task SendAsync(string address, byte[] bytes)
    {
        using var stranger = await DialAsync(address);
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

    private void AssertGrowth(TestCluster cluster, long from)
    {
        var growth = (cluster.Balancer.ResidentBytes - from) / (1 << 20);
        output.WriteLine($"the balancer's resident memory: {from >> 20} MiB before, {growth} MiB more after");
        Assert.InRange(growth, long.MinValue, 100);
    }
}
