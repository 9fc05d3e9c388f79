using AkkaLb.Balancer;
using AkkaLb.ClientNode;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;
using AkkaLb.Tests.Support;
using AkkaLb.WorkerNode;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace AkkaLb.Deployment.Tests;

/// <summary>What the folder deploy holds, and how the programs read it.</summary>
internal static class Shipped
{
    private static readonly Dictionary<string, string> None = [];

    public static string Folder { get; } = System.IO.Path.Combine(Repository.Root, "deploy");

    public static string Path(string file) => System.IO.Path.Combine(Folder, file);

    public static string Text(string file) => File.ReadAllText(Path(file));

    /// <summary>A file of YAML as dictionaries, lists and text, with what <c>&lt;&lt;</c> merges.</summary>
    public static Dictionary<object, object> Yaml(string file)
    {
        using var reader = new StringReader(Text(file));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(reader)));
    }

    /// <summary>Reads settings as the program does. Fails with everything that is wrong with them.</summary>
    /// <param name="program"><c>balancer</c>, <c>worker</c> or <c>client</c>.</param>
    /// <param name="file">Given with <c>--config</c>; null: none.</param>
    public static void Load(string program, string? file, IReadOnlyDictionary<string, string>? variables = null)
    {
        variables ??= None;
        try
        {
            _ = program switch
            {
                "balancer" => (object)SettingsLoader.Load(
                    typeof(BalancerSettings).Assembly, "balancer.hocon", file, new FlagOverlay(), BalancerSettings.Schema, BalancerSettings.Read,
                    variables),
                "worker" => SettingsLoader.Load(
                    typeof(WorkerSettings).Assembly, "worker.hocon", file, new FlagOverlay(), WorkerSettings.Schema, WorkerSettings.Read, variables),
                "client" => SettingsLoader.Load(
                    typeof(ClientNodeSettings).Assembly, "client.hocon", file, new FlagOverlay(), ClientNodeSettings.Schema, ClientNodeSettings.Read,
                    variables),
                _ => throw new ArgumentException($"there is no program {program}", nameof(program)),
            };
        }
        catch (SettingsException e)
        {
            Assert.Fail($"{program} {file}: {string.Join('\n', e.Problems)}");
        }
    }

    /// <summary>How long a worker may take to stop: its time to drain, its time to reject, and 10 s for the rest.</summary>
    public static TimeSpan WorkerStop { get; } = ReadWorkerStop();

    private static TimeSpan ReadWorkerStop()
    {
        var settings = SettingsLoader.Load(
            typeof(WorkerSettings).Assembly, "worker.hocon", null, new FlagOverlay(), WorkerSettings.Schema, WorkerSettings.Read, None).Settings;
        return settings.DrainTimeout + settings.RejectLinger + TimeSpan.FromSeconds(10);
    }
}
