using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Registration;
using AkkaLb.Watching;

namespace AkkaLb.Reality.Etcd;

/// <summary>What is done to an etcd, a line a step, with what comes of it behind <c>=</c>; see <see cref="EtcdScripts"/>.</summary>
internal sealed record EtcdScript(string Name, string Steps)
{
    public override string ToString() => Name;

    /// <summary>Runs it.</summary>
    /// <returns>The same text, with what came of each step.</returns>
    public async Task<string> RunAsync(IEtcdWorld etcd)
    {
        await etcd.StartAsync();
        var run = new Course(etcd, await etcd.RevisionAsync());
        var lines = new List<string>();
        foreach (var line in Steps.Split('\n', StringSplitOptions.TrimEntries))
        {
            var step = line.Split(" = ")[0];
            lines.Add(await run.StepAsync(step.Split(' ')) is { } outcome ? $"{step} = {outcome}" : step);
        }

        return string.Join('\n', lines);
    }

    /// <summary>One run: names for what has other values each time.</summary>
    private sealed class Course(IEtcdWorld etcd, long start)
    {
        private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
        private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

        private readonly List<long> _leases = [];
        private readonly List<long> _orders = [];
        private long _start = start;
        private long _seen;

        /// <returns>Null: nothing comes of it.</returns>
        public async Task<string?> StepAsync(string[] words)
        {
            switch (words)
            {
                case ["register", var process, var id]:
                    return Text(await etcd.RegisterAsync(Worker(id, process), Long));
                case ["register-short", var process, var id]:
                    return Text(await etcd.RegisterAsync(Worker(id, process), Short));
                case ["renew", var lease]:
                    return await etcd.KeepAliveAsync(Lease(lease)) is KeepAliveOutcome.Kept ? "kept" : "lost";
                case ["update", var process, var id, var lease, var state]:
                    return Text(await etcd.UpdateAsync(Lease(lease), Worker(id, process, state)));
                case ["look", var id]:
                    return Text(await etcd.LookAsync(0, Worker(id, "p")));
                case ["put-back", var process, var id, var lease, var revision]:
                    return Text(await etcd.PutBackAsync(Lease(lease), Worker(id, process), revision == "seen" ? _seen : 0));
                case ["revoke", var lease]:
                    await etcd.RevokeAsync(Lease(lease));
                    return null;
                case ["delete", var id]:
                    await etcd.DeleteAsync(id);
                    return null;
                case ["write-over", var id]:
                    await etcd.WriteOverAsync(Worker(id, "stranger"), hasLease: false);
                    return null;
                case ["write-over-leased", var id]:
                    await etcd.WriteOverAsync(Worker(id, "stranger"), hasLease: true);
                    return null;
                case ["told"]:
                    return Text(await etcd.NextAsync());
                case [var what]:
                    await etcd.DoAsync(what);
                    _start = what == "wipe" ? 1 : _start;
                    return null;
                default:
                    throw new FormatException($"nobody knows how to do this: {string.Join(' ', words)}");
            }
        }

        private static WorkerRecord Worker(string id, string process, string state = "up") => new(
            id, process switch { "p" => 1, "q" => 2, _ => 1 ^ 0x5555 }, "akka.tcp://AkkaLb@127.0.0.1:4100/user/worker#1",
            state == "up" ? WorkerState.Up : WorkerState.Draining, 64, 1000, "0.1.0");

        private static string Process(long incarnation) => incarnation switch { 1 => "p", 2 => "q", _ => "stranger" };

        private static string Text(bool isDone) => isDone ? "yes" : "no";

        private static string Text(WorkerRecord worker) => $"{Process(worker.Incarnation)} {(worker.State == WorkerState.Up ? "up" : "draining")}";

        private string Text(RegisterOutcome outcome) => outcome switch
        {
            RegisterOutcome.Registered registered => Lease(registered.LeaseId),
            RegisterOutcome.IdInUse inUse => $"in use by {Process(inUse.HolderIncarnation)}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        private string Text(EntrySight sight)
        {
            _seen = sight is EntrySight.Found { Revision: var revision } ? revision : 0;
            return sight switch
            {
                EntrySight.Found found => $"{Text(found.Worker)} under {Lease(found.LeaseId)}, {Revision(found.Revision)}",
                EntrySight.Unreadable => "unreadable",
                _ => "missing",
            };
        }

        private string Text(Watched<Member> e) => e switch
        {
            Watched<Member>.Known { Changes: null } read => string.Join(", ", read.All.Select(Text).Prepend("snapshot")),
            Watched<Member>.Known told => $"{string.Join(", ", told.Changes.Select(Text))}, {Revision(told.Revision)}",
            Watched<Member>.Down => "disconnected",
            Watched<Member>.Up => "connected",
            _ => e.GetType().Name,
        };

        private string Text(KeyChange<Member> change) => change.Item is { } member ? Text(member) : $"{change.Id} gone";

        private string Text(Member member) => $"{member.Worker.Id} {Text(member.Worker)} {Named(_orders, member.RegistrationOrder, "order ")}";

        private string Revision(long revision) => string.Create(CultureInfo.InvariantCulture, $"revision +{revision - _start}");

        private string Lease(long id) => id == 0 ? "no lease" : Named(_leases, id, "L");

        private long Lease(string name) => _leases[int.Parse(name[1..], CultureInfo.InvariantCulture) - 1];

        private static string Named(List<long> known, long value, string prefix)
        {
            if (!known.Contains(value))
            {
                known.Add(value);
            }

            return string.Create(CultureInfo.InvariantCulture, $"{prefix}{known.IndexOf(value) + 1}");
        }
    }
}
