using System.CommandLine;
using AkkaLb.Balancer;
using AkkaLb.Core.Policies;
using AkkaLb.Programs;
using AkkaLb.Programs.Settings;

var flags = new CommonFlags(BalancerSettings.Schema);
var command = new RootCommand("The balancer: knows who is alive and names a worker to whoever asks.");
flags.AddTo(command);
return await NodeProgram.RunAsync(command, args, parsed =>
{
    var loaded = SettingsLoader.Load(
        typeof(BalancerSettings).Assembly, "balancer.hocon", CommonFlags.Get(parsed, flags.Config), flags.Read(parsed),
        BalancerSettings.Schema, BalancerSettings.Read, EnvironmentSettings.OfProcess());
    return () => BalancerNode.RunAsync(loaded, loaded.Settings.RulesWith(loaded.Settings.Policy ?? AskForPolicy()));
}).ConfigureAwait(false);

static string AskForPolicy() => PolicyPrompt.IsPossible
    ? PolicyPrompt.Ask()
    : throw new ProgramException(
        ExitCode.Usage,
        $"no policy is given and there is no terminal to ask at: use --policy {string.Join('|', Policy.All.Select(p => p.Name))}, or set "
            + $"{BalancerSettings.PolicyKey.Path}");
