using System.CommandLine;
using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.BuiltInJobs;
using AkkaLb.Core;
using AkkaLb.Core.Gate;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Settings;
using AkkaLb.Programs.Systemd;
using AkkaLb.Programs.Telemetry;
using AkkaLb.Worker;

namespace AkkaLb.WorkerNode;

/// <summary>Runs a worker program: command line, registration, the gate with its actors, and an orderly end.</summary>
public static class WorkerHost
{
    private const string InstanceDispatcher = "akkalb.worker.instance-dispatcher";

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
            var loaded = SettingsLoader.Load(
                typeof(WorkerHost).Assembly, "worker.hocon", CommonFlags.Get(parsed, flags.Config), overlay, WorkerSettings.Schema,
                WorkerSettings.Read, EnvironmentSettings.OfProcess());
            return () => RunAsync(loaded, actor, messages);
        });
    }

    private static async Task<int> RunAsync(LoadedSettings<WorkerSettings> loaded, Props? actor, UserMessages? messages)
    {
        var (settings, config, reload) = loaded;
        using var ledger = OpenLedger(settings);
        var known = messages is null ? settings.Messages : settings.Messages.And(messages);
        var instance = actor ?? (settings.Actor is { } type ? Props.Create(type) : BuiltInWorker.Props());
        var program = new ProgramHost(settings.Common.Log) { Reload = reload };
        var http = program.Add(new HttpPart(program, "worker", settings.Common.Http));
        program.Add(new OtlpPart("worker"));
        var registry = program.Add(new RegistryPart(settings.Common));
        var node = program.Add(new NodePart(
            program, settings.Common, BalancedWorkerOptions.Dispatcher(InstanceDispatcher, settings.Threads).WithFallback(config), known,
            () => new ExtraConfig(BuiltInSerializer.Binding, Config.Empty)));
        program.Add(new SystemdPart(program, node));
        program.Add(async stopping =>
        {
            program.EndWith(node.Ended);
            try
            {
                var worker = await BalancedWorker.StartAsync(
                    node.System, instance, OptionsOf(settings, known, registry, ledger), stopping).ConfigureAwait(false);
                program.EndWith(worker.Ended);
                http.Show(new NodeView(new WorkerHealthCheck(worker), _ => Task.FromResult(StateOf(worker, node))));
                program.Ready($"ready worker {worker.Key.Id} {node.Address}{http.Suffix}");
                return worker;
            }
            catch (WorkerStartException e)
            {
                throw new ProgramException(ExitCode.Unreachable, e.Message, e);
            }
        });
        return await program.RunAsync().ConfigureAwait(false);
    }

    private static object StateOf(BalancedWorker worker, NodePart node) => new
    {
        worker.Key.Id,
        service = WorkerIds.ServiceOf(worker.Key.Id),
        worker.Key.Incarnation,
        address = node.Address.ToString(),
        version = NodeProgram.Version,
        state = worker.IsLeaving ? "draining" : "up",
        trouble = worker.Trouble ?? "",
        jobs = new { inFlight = worker.Load.Jobs.InFlight, accepted = worker.Load.Jobs.Accepted, finished = worker.Finished },
        worker.Places,
        residentBytes = Environment.WorkingSet,
    };

    private static BalancedWorkerOptions OptionsOf(WorkerSettings settings, UserMessages messages, RegistryPart registry, IJobLedger? ledger) => new()
    {
        Id = WorkerIds.NameOf(settings.Id),
        Service = WorkerIds.ServiceOf(settings.Id),
        Balancers = registry.Balancers(settings.Balancers),
        Registry = registry.Etcd,
        Gate = new GateSettings(
            settings.Capacity, settings.Instances, settings.Queue, settings.Threads, settings.IsCapacityAuto ? Environment.ProcessorCount : null)
        {
            ReplyBytesMax = settings.ReplyBytesMax,
        },
        Messages = messages,
        Registration = settings.Registration,
        Speed = settings.Speed,
        Zone = settings.Zone,
        DrainTimeout = settings.DrainTimeout,
        RejectLinger = settings.RejectLinger,
        RequestTimeout = settings.Common.RequestTimeout,
        InstanceDispatcher = InstanceDispatcher,
        Ledger = ledger,
        Version = NodeProgram.Version,
        Waiting = what => new WaitingLine(what, settings.Wait, TimeProvider.System, Console.Error.WriteLine),
        ToCheck = isNoneKnown => isNoneKnown ? "--etcd and --prefix" : "--balancer and --etcd",
        WaitName = "--wait",
        Whose = "this program",
    };

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
}
