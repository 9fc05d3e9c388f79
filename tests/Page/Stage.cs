using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Balancer.Page;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Messages;
using AkkaLb.Programs;
using AkkaLb.Programs.Http;
using AkkaLb.Programs.Logs;
using AkkaLb.Registry;
using AkkaLb.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Page.Tests;

/// <summary>A program with the page of a balancer that says what the test writes, or of a real one.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>What somebody must know who orders something.</summary>
    public const string Token = "token-of-a-test-0123";

    private readonly ProgramHost _program;
    private readonly Task<int> _run;
    private string _tokenFile = "";

    private Stage(ActorSystem system, HttpPart http, ProgramHost program, Task<int> run) =>
        (System, Url, _program, _run) = (system, http.Url!, program, run);

    public ActorSystem System { get; }

    public string Url { get; }

    /// <summary>What the balancer says of its services, by name.</summary>
    public Dictionary<string, BalancerState> Services { get; } = new(StringComparer.Ordinal);

    /// <summary>It tells of no services then.</summary>
    public bool IsStandingBy { get; set; }

    /// <summary>What the balancer says of its decisions.</summary>
    public Func<GetDecisions, Decisions> Decided { get; set; } = _ => new Decisions("b-1", [], [], 8192);

    public WatcherState Watcher { get; set; } = new("etcd", true, 4711, TimeSpan.FromMilliseconds(1200), 0, 0, "", 0);

    public static MemberState NewWorker(
        string id, WorkerCondition condition = WorkerCondition.Up, string reason = "", double inFlight = 0, long assignments = 0, string zone = "") =>
        new(
            new WorkerKey(id, 3_925_513_679_072_161_557), condition == WorkerCondition.Draining ? WorkerState.Draining : WorkerState.Up,
            condition is WorkerCondition.Up or WorkerCondition.SlowStart or WorkerCondition.Full, 90L << 20, reason, inFlight, 0, 8, zone,
            new MemberDetails(condition, "10.0.0.7:4055", 8, 2L << 30, TimeSpan.FromMilliseconds(400), assignments, "0.1.0", (int)inFlight,
                AnswerTime: assignments == 0 ? null : TimeSpan.FromMilliseconds(60 + (20 * inFlight)),
                LastTrouble: condition == WorkerCondition.Ejected ? new MemberTrouble(PickEnd.Failed, TimeSpan.FromSeconds(18)) : null));

    /// <summary>A balancer that says what <see cref="Services"/> and <see cref="Watcher"/> hold.</summary>
    /// <param name="orders">Keeps orders for workers, for whoever knows the <see cref="Token"/>; null: none are taken.</param>
    public static async Task<Stage> OfScriptAsync(string pathBase = "", bool isOfCluster = false, IOverrideRegistry? orders = null)
    {
        var system = ActorSystem.Create(SystemConfig.SystemName, Quiet);
        var stage = await StartAsync(system, pathBase, isOfCluster, orders);
        stage.Say("first-free");
        system.ActorOf(Props.Create(() => new Scripted(stage)), "balancer");
        system.ActorOf(Props.Create(() => new Scripted(stage)), EtcdWatcherActor.ActorName);
        return stage;
    }

    /// <summary>The page of whatever balancer the system has.</summary>
    /// <param name="system">Has it, or will.</param>
    /// <param name="orders">See <see cref="OfScriptAsync"/>.</param>
    public static Task<Stage> OfSystemAsync(ActorSystem system, IOverrideRegistry? orders = null) =>
        StartAsync(system, "", isOfCluster: false, orders);

    /// <summary>The default service has these workers from now on.</summary>
    public void Say(string policy, params MemberState[] members) => SayOf(WorkerService.Default, policy, "", members);

    public void SayOf(string service, string policy, string rejection, params MemberState[] members)
    {
        lock (Services)
        {
            Services[service] = new BalancerState(
                "b-1", policy, rejection, Services.GetValueOrDefault(service)?.Version + 1 ?? 1, members.Length, 0, members, 0, default, 0,
                [.. Services.Keys.Append(service).Distinct()]);
        }
    }

    /// <summary>The balancer tells the operator something.</summary>
    public void Tell(NoteLevel level, string text) => EventJournal.Of(System).Add(System.Scheduler.Now, level, text);

    public async ValueTask DisposeAsync()
    {
        _program.End(ExitCode.Ok);
        await _run.WaitAsync(Patience);
        await System.Terminate();
        if (_tokenFile.Length > 0)
        {
            File.Delete(_tokenFile);
        }
    }

    private static Config Quiet => ConfigurationFactory.ParseString("akka { loglevel = OFF, stdout-loglevel = OFF }")
        .WithFallback(TestLoadBalancer.Config);

    private static async Task<Stage> StartAsync(ActorSystem system, string pathBase, bool isOfCluster, IOverrideRegistry? orders)
    {
        var tokenFile = "";
        if (orders is not null)
        {
            tokenFile = Path.GetTempFileName();
            await File.WriteAllTextAsync(tokenFile, Token);
        }

        var program = new ProgramHost(new LogSettings(LogLevel.Error, LogFormat.Text), TextWriter.Null);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var http = program.Add(new HttpPart(program, "balancer", new HttpSettings("127.0.0.1", 0, pathBase, tokenFile)));
        program.Add(_ =>
        {
            started.SetResult();
            return Task.FromResult<IAsyncDisposable>(new Nothing());
        });
        var run = program.RunAsync();
        await started.Task.WaitAsync(Patience);
        var address = ((ExtendedActorSystem)system).Provider.DefaultAddress;
        Func<CancellationToken, Task<BalancerReport>> report = stopping => BalancerReport.ReadAsync(system, address, Patience, stopping);
        var board = new LiveBoard(report, TimeProvider.System, program.Ending);
        var why = WhyDesk.Of(system, address, Patience);
        http.Show(new NodeView(
            new Healthy(), _ => Task.FromResult<object>(new { }),
            new BalancerPage(
                board, EventJournal.Of(system), new PageTraits(isOfCluster, http.TakesOrders), why, new WorkerOrders(orders, report))));
        return new Stage(system, http, program, run) { _tokenFile = tokenFile };
    }

    private sealed class Scripted : ReceiveActor
    {
        public Scripted(Stage stage)
        {
            Receive<GetDecisions>(m => Sender.Tell(stage.Decided(m)));
            Receive<GetWatcherState>(_ => Sender.Tell(stage.Watcher));
            Receive<GetBalancerState>(m =>
            {
                lock (stage.Services)
                {
                    var whole = stage.Services[m.Service];
                    Sender.Tell(new BalancerState(
                        whole.Id, whole.Policy, whole.Rejection, whole.Version, whole.MemberCount, m.From,
                        [.. whole.Members.Skip(m.From).Take(m.Count)], whole.Waiting, whole.LongestWait, whole.OpenPicks,
                        stage.IsStandingBy ? [] : [.. stage.Services.Keys]));
                }
            });
        }
    }

    private sealed class Healthy : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy("of a test"));
    }

    private sealed class Nothing : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
