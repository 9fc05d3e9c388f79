using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;

namespace AkkaLb.Worker.Tests;

/// <summary>Arranges a gate with scripted workers; the test itself is the client.</summary>
public abstract class GateKit : VirtualTimeKit
{
    private static readonly Config Dispatcher = BalancedWorkerOptions.Dispatcher("instances", threads: 2);

    protected GateKit()
        : base(new UserMessages([new("do", typeof(Do)), new("did", typeof(Did))]), Dispatcher) => Observer = CreateTestProbe();

    protected TestProbe Observer { get; }

    protected RecordingLedger Ledger { get; } = new();

    private protected JobGauge Gauge { get; } = new();

    protected IActorRef Gate(
        int capacity = 4,
        int instances = 1,
        string? dispatcher = null,
        Props? instance = null,
        int queue = 0,
        int? threads = null,
        IJobLedger? ledger = null,
        IActorRef? abilityListener = null) => Sys.ActorOf(WorkerGate.Props(
            instance ?? ScriptedWorker.Props(Observer),
            new GateSettings(capacity, instances, queue, threads),
            dispatcher,
            Gauge,
            ledger ?? Ledger,
            abilityListener));

    protected Job Job(long sequence, Act act, string text = "", double seconds = 60) => new(
        new JobId(1, sequence), 1, TimeSpan.FromSeconds(seconds), false,
        Payloads.Wrap((ExtendedActorSystem)Sys, new Do(act, text), dataBytesMax: 100_000));

    protected string ReplyIn(JobDone done) => ((Did)Payloads.Unwrap((ExtendedActorSystem)Sys, done.Reply)).Text;

    protected JobDone ExpectDone(long sequence)
    {
        var done = ExpectMsg<JobDone>();
        Assert.Equal(sequence, done.Id.Sequence);
        return done;
    }

    protected JobFailed ExpectFailed(long sequence, JobFailureReason reason)
    {
        var failed = ExpectMsg<JobFailed>();
        Assert.Equal((sequence, reason), (failed.Id.Sequence, failed.Reason));
        return failed;
    }

    protected JobRejected ExpectRejected(long sequence, JobRejectReason reason)
    {
        var rejected = ExpectMsg<JobRejected>();
        Assert.Equal((new JobId(1, sequence), 1, reason), (rejected.Id, rejected.Attempt, rejected.Reason));
        return rejected;
    }

    protected sealed class RecordingLedger : IJobLedger
    {
        public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = new();

        public void Finished(JobId id, int attempt, string outcome) => Lines.Enqueue($"{id} {attempt} {outcome}");
    }
}
