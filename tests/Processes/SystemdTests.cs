using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>The real programs under a service manager, of which the tests are the socket.</summary>
public sealed class SystemdTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-systemd-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Balancer_and_worker_tell_that_they_are_ready_that_they_live_and_that_they_stop(bool isAbstract)
    {
        using var ofBalancer = new NotifyReceiver(isAbstract ? $"@{_folder}/balancer" : Path.Combine(_folder, "balancer"));
        using var ofWorker = new NotifyReceiver(isAbstract ? $"@{_folder}/worker" : Path.Combine(_folder, "worker"));
        await using var balancer = Start(ofBalancer, "AkkaLb.Balancer", "--policy", "round-robin", "--port", "0");
        var address = (await balancer.WaitForLineAsync("ready balancer ")).Text.Split(' ')[2].Split('@')[1];
        await using var worker = Start(ofWorker, "AkkaLb.WorkerNode", "--id", "w1", "--balancer", address);
        await worker.WaitForLineAsync("ready worker w1 ");

        foreach (var (systemd, process) in new[] { (ofWorker, worker), (ofBalancer, balancer) })
        {
            Assert.DoesNotContain("STOPPING=1", await systemd.UntilAsync("READY=1", NodeProcess.Bound));
            for (var beat = 0; beat < 2; beat++)
            {
                Assert.Empty(await systemd.UntilAsync("WATCHDOG=1", NodeProcess.Bound));
            }

            process.Signal(Signals.Terminate);
            Assert.All(await systemd.UntilAsync("STOPPING=1", NodeProcess.Bound), state => Assert.Equal("WATCHDOG=1", state));
            var ending = await process.EndedAsync();
            output.WriteLine(ending.ToString());
            Assert.True(ending.ExitCode == 0 && !ending.Error.Any(l => l.Contains("cannot be told", StringComparison.Ordinal)), ending.ToString());
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static NodeProcess Start(NotifyReceiver systemd, string program, params string[] arguments) => NodeProcess.Start(
        "env", [$"NOTIFY_SOCKET={systemd.Address}", "WATCHDOG_USEC=1000000", "dotnet", "exec", NodeProcess.AssemblyPath(program), .. arguments]);
}
