using Akka.Configuration;

namespace AkkaLb.Messages.Tests;

public class SystemConfigTests
{
    private const string Tcp = "akka.remote.dot-netty.tcp";

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("a\"b")]
    [InlineData("a\\")]
    [InlineData("\" } } akka.actor.provider = local #")]
    public void A_host_of_any_characters_is_a_host_and_nothing_else(string host)
    {
        var remoting = SystemConfig.Remoting(host, 4053);
        var binding = SystemConfig.Binding(host, 4053, "0.0.0.0", 1);

        Assert.Equal((host, "remote"), (remoting.GetString($"{Tcp}.hostname"), remoting.GetString("akka.actor.provider")));
        Assert.Equal((host, "0.0.0.0", 1), (
            binding.GetString($"{Tcp}.public-hostname"), binding.GetString($"{Tcp}.hostname"), binding.GetInt($"{Tcp}.port")));
        Assert.Equal(host, SystemConfig.Binding("x", 1, host, 1).GetString($"{Tcp}.hostname"));
    }
}
