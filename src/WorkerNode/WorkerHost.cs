using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Workers;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Settings;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Registry.Embedded;
using AkkaLb.Registry.Etcd;
using AkkaLb.Remoting;
using AkkaLb.WorkerNode.BuiltIn;

namespace AkkaLb.WorkerNode;

/// <summary>Runs a worker program: command line, registration, the gate with its actors, and an orderly end.</summary>
public static class WorkerHost
{
    /// <summary>Name of the gate below <c>/user</c>.</summary>
    public const string GateName = "worker";

    private const string InstanceDispatcher = "akkalb.worker.instance-dispatcher";

    /// <summary>The first instance gets so long also where nothing is waited for.</summary>
    private static readonly TimeSpan AbleWaitMin = TimeSpan.FromSeconds(1);

    /// <summary>Runs a worker until it is told to stop.</summary>
    /// <param name="args">The command line; see <c>--help</c>.</param>
    /// <param name="actor">Your actor: it gets a client's messages and replies to Sender, and knows nothing of AkkaLb. Null: what HOCON names, or
    /// the built-in jobs.</param>
    /// <param name="messages">Your message types, beside those listed in HOCON.</param>
    /// <param name="instances">How many of your actor do jobs side by side, one job at a time each: 1 to the capacity. Null: what HOCON says, by
    /// default as many as the capacity, 64. What one of them keeps in its fields the others do not see, and an exception restarts one with fresh
    /// fields. Give 1 for an actor that keeps state; its jobs then wait for one another. <c>--instances</c> goes over it.</param>
    /// <returns>The process's exit code: 0 after an orderly end, 2 for wrong settings, 3 when it cannot register or do jobs, or lost its
    /// id.</returns>
    public static Task<int> RunAsync(string[] args, Props? actor = null, UserMessages? messages = null, int? instances = null)
    {
        var flags = new CommonFlags(WorkerSettings.Schema);
        var command = new RootCommand("A worker: registers under a lease, reports its memory and does jobs.");
        flags.AddTo(command);
        return NodeProgram.RunAsync(command, args, parsed =>
        {
            var overlay = flags.Read(
                parsed, new FlagOverlay().Set(WorkerSettings.InstancesKey, instances?.ToString(CultureInfo.InvariantCulture)));
            var (settings, config) = SettingsLoader.Load(
                typeof(WorkerHost).Assembly, "worker.hocon", CommonFlags.Get(parsed, flags.Config), overlay, WorkerSettings.Schema,
                WorkerSettings.Read);
            return () => RunAsync(settings, config, actor, messages);
        });
    }

    private static async Task<int> RunAsync(WorkerSettings settings, Config config, Props? actor, UserMessages? messages)
    {
        using var ledger = OpenLedger(settings);
        await using var etcd = settings.Common.Etcd is { } etcdSettings ? new EtcdRegistry(etcdSettings, TimeProvider.System, NewRandom()) : null;
        var known = messages is null ? settings.Messages : settings.Messages.And(messages);
        await using var node = await NodeHost.StartAsync(
            settings.Common, Dispatcher(settings.Threads).WithFallback(config), known).ConfigureAwait(false);
        var system = node.System;
        var log = Logging.GetLogger(system, typeof(WorkerHost));
        var (gauge, tally, signals) = (new JobGauge(), new JobTally(ledger), new WorkerSignals());
        var listener = node.Start(WorkerSignals.Actor(signals), WorkerSignals.ActorName);
        var instance = actor ?? (settings.Actor is { } type ? Props.Create(type) : BuiltInWorker.Props());
        var gate = node.Start(
            WorkerGate.Props(
                instance,
                new GateSettings(
                    settings.Capacity, settings.Instances, settings.Queue, settings.Threads,
                    settings.IsCapacityAuto ? Environment.ProcessorCount : null),
                InstanceDispatcher,
                gauge,
                tally,
                listener),
            GateName);

        // Before it registers: jobs sent to a worker that cannot do any would be of no use to anybody.
        if (!await signals.AbleAsync(settings.Wait > AbleWaitMin ? settings.Wait : AbleWaitMin, node.Stopping).ConfigureAwait(false))
        {
            return node.Stopping.IsCancellationRequested
                ? node.Outcome()
                : throw new ProgramException(ExitCode.Unreachable, UnableLine(instance.Type, settings.Wait, signals.Trouble));
        }

        log.Info("{0}", InstancesLine(settings.Instances, instance.Type));
        if (settings.IsCapacityAuto)
        {
            log.Info("this worker finds by itself how many jobs to run at once, 1 to {0}", settings.Instances);
        }

        var directory = settings.Balancers is { } addresses ? (IBalancerDirectory)new FixedBalancers(addresses) : new EtcdBalancers(etcd!);
        var balancer = await BalancerProbe.FindAsync(system, directory, settings.Wait, node.Stopping).ConfigureAwait(false);
        if (balancer is null)
        {
            return node.Outcome();
        }

        IWorkerRegistry registry = etcd is not null
            ? etcd
            : new EmbeddedRegistry(system, system.ActorSelection(
                new RootActorPath(balancer) / "user" / EmbeddedRegistryActor.ActorName), settings.Common.RequestTimeout);
        var worker = new WorkerRecord(
            settings.Id,
            NewIncarnation(),
            gate.Path.ToSerializationFormatWithAddress(node.Address),
            WorkerState.Up,
            settings.Capacity,
            (int)settings.Heartbeat.TotalMilliseconds,
            NodeProgram.Version,
            Places: settings.Instances,
            Speed: settings.Speed,
            Zone: settings.Zone);
        var registration = node.Start(
            RegistrationActor.Props(worker, registry, settings.Registration, NewRandom(), listener), RegistrationActor.ActorName);
        listener.Tell(new WorkerSignals.Follow(registration));
        await signals.ReadyOrEndAsync(node.Stopping).ConfigureAwait(false);
        if (!signals.HasEnded)
        {
            node.Start(
                MemoryReporter.Props(
                    new WorkerKey(worker.Id, worker.Incarnation),
                    new MemoryReporterSettings(
                        settings.Heartbeat, directory, ProcessMemory.Read, () => gauge.Load, TimeProvider.System, () => tally.Finished)),
                MemoryReporter.ActorName);
            node.Start(BalancerLinks.Props(directory), BalancerLinks.ActorName);
            node.Ready($"ready worker {worker.Id} {node.Address}");
            await signals.EndAsync(node.Stopping).ConfigureAwait(false);
        }

        if (signals.GaveUp is { } sentence && !signals.WasReady)
        {
            throw new ProgramException(ExitCode.Unreachable, sentence);
        }

        await LeaveAsync(gate, registration, settings.DrainTimeout, settings.RejectLinger).ConfigureAwait(false);
        log.Info("this worker stopped after {0}", Jobs(tally.Finished));
        return signals.GaveUp is { } lost ? throw new ProgramException(ExitCode.Unreachable, lost) : node.Outcome();
    }

    /// <summary>Leaves in the order of <see cref="Leaving"/>. An actor that has ended already is not waited for.</summary>
    internal static async Task LeaveAsync(IActorRef gate, IActorRef registration, TimeSpan drainTimeout, TimeSpan rejectLinger)
    {
        var (leaving, clock, outbox) = (new Leaving(drainTimeout, rejectLinger), Stopwatch.StartNew(), new List<LeavingEffect>());
        object input = new LeavingInput.Begin();
        while (true)
        {
            var now = clock.Elapsed;
            outbox.Clear();
            leaving.Handle(input, now, outbox);
            if (leaving.NextDue is not { } due)
            {
                return;
            }

            (IActorRef? actor, object request, object answer) = outbox.FirstOrDefault() switch
            {
                LeavingEffect.AnnounceDraining => (registration, AnnounceDraining.Instance, new LeavingInput.DrainingAnnounced()),
                LeavingEffect.StartDrain m => (gate, new StartDrain(m.Timeout), new LeavingInput.Drained()),
                LeavingEffect.LeaveRegistry => (registration, LeaveRegistry.Instance, new LeavingInput.RegistryLeft()),
                _ => ((IActorRef?)null, (object)Tick.Instance, (object)Tick.Instance),
            };
            var step = actor is null ? Task.Delay(due - now, TimeProvider.System) : TopActors.AskLastAsync(actor, request, due - now);
            await step.ConfigureAwait(false);
            input = clock.Elapsed >= due ? Tick.Instance : answer;
        }
    }

    private static string UnableLine(Type actor, TimeSpan wait, string? trouble) => string.Create(
        CultureInfo.InvariantCulture,
        $"no instance of {actor} was ready within {wait.TotalSeconds:0.#} s (--wait): {trouble ?? "the first is still being created"}");

    private static string InstancesLine(int count, Type actor) => count == 1
        ? $"one instance of {actor} does the jobs, one after another"
        : string.Create(CultureInfo.InvariantCulture, $"{count} instances of {actor} do the jobs, and what one of them keeps the others do not see");

    /// <summary>So many jobs, in words.</summary>
    internal static string Jobs(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "job" : "jobs")}");

    private static FileJobLedger? OpenLedger(WorkerSettings settings)
    {
        try
        {
            return settings.Ledger is { } path ? new FileJobLedger(path, settings.Id) : null;
        }
        catch (IOException e)
        {
            throw new ProgramException(ExitCode.Usage, $"akkalb.worker.ledger: {e.Message}", e);
        }
    }

    /// <summary>Threads of their own for the instances: jobs may block or compute, and the shared pool must stay free to renew the lease.</summary>
    private static Config Dispatcher(int threads) => ConfigurationFactory.ParseString(
        $$"""
        {{InstanceDispatcher}} {
          type = ForkJoinDispatcher
          throughput = 1
          dedicated-thread-pool { thread-count = {{threads.ToString(System.Globalization.CultureInfo.InvariantCulture)}} }
        }
        """);

    private static Random NewRandom() => new(RandomNumberGenerator.GetInt32(int.MaxValue));

    private static long NewIncarnation() => 1 + (long)(BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) >> 1) % (long.MaxValue - 1);
}
