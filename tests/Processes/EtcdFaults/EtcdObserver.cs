using System.Diagnostics;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>Reads the workers' keys with etcdctl several times a second, apart from everything that is tested, and keeps every reading.</summary>
public sealed class EtcdObserver : IAsyncDisposable
{
    private const string Prefix = "/akkalb/workers/";
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _lock = new();
    private readonly List<EtcdReading> _readings = [];
    private readonly Task _reading;

    /// <param name="endpoints">Separated by commas.</param>
    public EtcdObserver(string endpoints)
    {
        Endpoints = endpoints;
        _reading = Task.Run(ObserveAsync);
    }

    /// <summary>Whom to ask.</summary>
    public string Endpoints { get; set; }

    /// <summary>So far.</summary>
    public IReadOnlyList<EtcdReading> Readings
    {
        get
        {
            lock (_lock)
            {
                return [.. _readings];
            }
        }
    }

    /// <summary>Reads now.</summary>
    public async Task<EtcdReading> ReadAsync()
    {
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(
            EtcdBinaries.Etcdctl,
            ["--endpoints", Endpoints, "--dial-timeout", "1s", "--command-timeout", "1s", "get", "--prefix", Prefix, "-w", "json"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["ETCDCTL_API"] = "3" },
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await error;
        await process.WaitForExitAsync();
        var ended = Stopwatch.GetTimestamp();
        return process.ExitCode == 0 ? EtcdReading.Parse(began, ended, output, Prefix) : new EtcdReading(began, ended, 0, Workers: null);
    }

    /// <summary>Waits until it has noted a reading that began behind this moment.</summary>
    public async Task ReadPastAsync(long moment)
    {
        using var bound = new CancellationTokenSource(FaultScene.Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Readings is not [.., { } last] || last.BeganAt <= moment)
        {
            await timer.WaitForNextTickAsync(bound.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
    }

    private async Task ObserveAsync()
    {
        using var timer = new PeriodicTimer(ReadEvery);
        while (!_ended.IsCancellationRequested)
        {
            var reading = await ReadAsync();
            lock (_lock)
            {
                _readings.Add(reading);
            }

            await timer.WaitForNextTickAsync(_ended.Token);
        }
    }
}
