using System.CommandLine;
using AkkaLb.Balancer;
using AkkaLb.Core.Policies;
using AkkaLb.Hosting;
using AkkaLb.Hosting.Settings;

var flags = new CommonFlags();
var policy = CommonFlags.Make("--policy", "NAME", $"who gets the next job: {string.Join(", ", PolicyNames.All.Select(p => p.Name))}");
var id = CommonFlags.Make("--id", "NAME", "name of this balancer in etcd (host name and process id)");
var mode = CommonFlags.Make(
    "--mode",
    $"{BalancerSettings.ModeIndependent}|{BalancerSettings.ModeSingleton}",
    "with several balancers: each decides by itself (independent), or one of them decides and the others stand by (singleton, needs etcd)");
var wait = CommonFlags.Make("--wait", "SECONDS", "how long to wait for etcd at the start (10)");
var command = new RootCommand("The balancer: knows who is alive and names a worker to whoever asks.") { policy, id, mode, wait };
flags.AddTo(command);
return await NodeProgram.RunAsync(command, args, parsed =>
{
    var overlay = flags.Read(parsed)
        .Set(BalancerSettings.PolicyKey, CommonFlags.Get(parsed, policy))
        .Set(BalancerSettings.IdKey, CommonFlags.Get(parsed, id))
        .Set(BalancerSettings.ModeKey, CommonFlags.Get(parsed, mode))
        .SetDuration(BalancerSettings.WaitKey, CommonFlags.Get(parsed, wait), "s");
    var (settings, config) = SettingsLoader.Load(
        typeof(BalancerSettings).Assembly, "balancer.hocon", CommonFlags.Get(parsed, flags.Config), overlay, BalancerSettings.Schema,
        BalancerSettings.Read);
    return () => BalancerNode.RunAsync(settings, settings.Policy ?? AskForPolicy(), config);
}).ConfigureAwait(false);

static string AskForPolicy() => PolicyPrompt.IsPossible
    ? PolicyPrompt.Ask()
    : throw new ProgramException(
        ExitCode.Usage,
        $"no policy is given and there is no terminal to ask at: use --policy {string.Join('|', PolicyNames.All.Select(p => p.Name))}, or set "
            + $"{BalancerSettings.PolicyKey}");
