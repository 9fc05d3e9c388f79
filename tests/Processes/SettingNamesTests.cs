using AkkaLb.Balancer;
using AkkaLb.ClientNode;
using AkkaLb.Programs.Settings;
using AkkaLb.WorkerNode;

namespace AkkaLb.Processes;

/// <summary>The list of all settings, beside the schemas of the three programs.</summary>
public sealed class SettingNamesTests
{
    [Fact]
    public void Each_program_knows_the_names_of_the_settings_of_all_three() => Assert.Equal(
        BalancerSettings.Schema.Keys.Concat(WorkerSettings.Schema.Keys).Concat(ClientNodeSettings.Schema.Keys)
            .Select(key => key.Path).Distinct().Order(StringComparer.Ordinal),
        SettingNames.All);
}
