using System.Text;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Messages;
using BenchmarkDotNet.Attributes;

namespace AkkaLb.Bench.Micro;

/// <summary>What writing and reading a message costs: what remoting calls for each, manifest included.</summary>
public class CodecBenchmarks
{
    private static readonly WorkerKey Worker = new("worker-1", 0x0102030405060708);
    private static readonly JobId Id = new(0x1122334455667788, 123_456);

    private ActorSystem _system = null!;
    private AkkaLbSerializer _serializer = null!;
    private IAkkaLbMessage _message = null!;
    private string _manifest = null!;
    private byte[] _bytes = null!;

    [Params(
        "Assign", "Assign, 1 ended", "Assign, 3 left out", "Assigned", "Assigned, 10 ahead", "AssignRejected", "MemoryReport",
        "Job, 1 KiB", "JobDone, 1 KiB", "JobFailed", "JobRejected", "KeepAlive", "KeptAlive")]
    public string Message { get; set; } = null!;

    [GlobalSetup]
    public void Setup()
    {
        _system = ActorSystem.Create(SystemConfig.SystemName, SystemConfig.Remoting("127.0.0.1", 0));
        _serializer = new AkkaLbSerializer((ExtendedActorSystem)_system);
        _message = Make(Message);
        (_manifest, _bytes) = Encode();
        Console.WriteLine($"// {Message}: {_bytes.Length} bytes");
    }

    [GlobalCleanup]
    public void Cleanup() => _system.Terminate().Wait();

    [Benchmark(Description = "encode")]
    public (string Manifest, byte[] Bytes) Encode() => (_serializer.Manifest(_message), _serializer.ToBinary(_message));

    [Benchmark(Description = "decode")]
    public object Decode() => _serializer.FromBinary(_bytes, _manifest);

    private static IAkkaLbMessage Make(string message) => message switch
    {
        "Assign" => new Assign(123_456, 1, [], null, TimeSpan.FromSeconds(60)),
        "Assign, 3 left out" => new Assign(
            123_456, 1, [Worker, Worker with { Id = "worker-2" }, Worker with { Id = "worker-3" }], null, TimeSpan.FromSeconds(60)),
        "Assign, 1 ended" => new Assign(
            123_456, 1, [], null, TimeSpan.FromSeconds(60),
            Finished: new Finished(
                0x0102030405060708, 1, [new EndedPick(123_400, PickEnd.Done, TimeSpan.FromMilliseconds(3), new JobCounts(90, 5))])),
        "Assigned" => new Assigned(123_456, Picks(1), "round-robin"),
        "Assigned, 10 ahead" => new Assigned(123_456, Picks(10), "round-robin"),
        "AssignRejected" => new AssignRejected(123_456, AssignRejectReason.NoWorkers, "no worker is registered", TimeSpan.FromMilliseconds(500)),
        "MemoryReport" => new MemoryReport(
            Worker, 1000, TimeSpan.FromSeconds(1), 70_000_000, 5_000_000, 8_000_000_000, new JobCounts(90, 5), 1_700_000_000_000),
        "Job, 1 KiB" => new Job(Id, 1, TimeSpan.FromSeconds(60), true, Kibibyte()),
        "JobDone, 1 KiB" => new JobDone(Id, 1, Kibibyte()),
        "JobFailed" => new JobFailed(Id, 1, JobFailureReason.Crash, "System.InvalidOperationException", "the worker's actor crashed"),
        "JobRejected" => new JobRejected(Id, 1, JobRejectReason.OverCapacity),
        "KeepAlive" => new KeepAlive(0x0102030405060708),
        "KeptAlive" => new KeptAlive(0x0102030405060708, TimeSpan.FromSeconds(5)),
        _ => throw new ArgumentException(message, nameof(message)),
    };

    /// <summary>Paths of gates elsewhere, as a balancer holds them.</summary>
    private static AssignedWorker[] Picks(int count) => [.. Enumerable.Range(1, count).Select(i => new AssignedWorker(
        Worker with { Id = $"worker-{i}" },
        $"akka.tcp://AkkaLb@10.0.0.{i}:4055/user/worker#123456789"))];

    private static Payload Kibibyte() => new(4054, "text", Encoding.UTF8.GetBytes(new string('x', 1024)));
}
