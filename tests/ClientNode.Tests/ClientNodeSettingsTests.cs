using AkkaLb.Programs.Settings;

namespace AkkaLb.ClientNode.Tests;

public class ClientNodeSettingsTests
{
    [Fact]
    public void The_keys_of_client_hocon_are_exactly_those_of_the_schema()
    {
        var defaults = SettingsLoader.ReadDefaults(typeof(ClientNodeSettings).Assembly, "client.hocon");
        Assert.Equal(ClientNodeSettings.Schema.Keys.Select(k => k.Path).Order(StringComparer.Ordinal), ClientNodeSettings.Schema.KeysOf(defaults));
        Assert.Empty(ClientNodeSettings.Schema.Check(defaults, ""));
        Assert.Equal(Core.Clients.ClientSettings.Default, ClientNodeSettings.Read(defaults).Client);
    }
}
