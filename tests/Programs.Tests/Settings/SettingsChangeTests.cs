using Akka.Configuration;
using AkkaLb.Programs.Logs;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Tests.Settings;

/// <summary>What follows from settings that a running program reads again.</summary>
public class SettingsChangeTests
{
    private const string Start =
        """
        akkalb {
          log { level = info, format = text }
          port = 1, balancers = ["a:1", "b:2"], services.pdf.policy = random, etcd.password = one
        }
        akka.remote.log-remote-lifecycle-events = off
        """;

    [Fact]
    public void What_is_the_same_needs_nothing()
    {
        var change = Between(Start, Start.ReplaceLineEndings("\n\n"));

        Assert.Equal(new LogSettings(LogLevel.Info, LogFormat.Text), change.Log);
        Assert.Empty(change.ToRestartFor);
    }

    [Fact]
    public void The_log_is_used_at_once_and_the_rest_needs_a_restart()
    {
        var change = Between(Start, Start + "\nakkalb { port = 2, host = h, log { level = debug, format = json } }");

        Assert.Equal(new LogSettings(LogLevel.Debug, LogFormat.Json), change.Log);
        Assert.Equal(["akkalb.host", "akkalb.port"], change.ToRestartFor);
    }

    [Theory]
    [InlineData("akkalb.balancers = [\"a:1\"]", "akkalb.balancers")]
    [InlineData("akkalb.balancers = [\"a:1\", \"b:3\"]", "akkalb.balancers")]
    [InlineData("akkalb.services.pdf.policy = maglev", "akkalb.services.pdf.policy")]
    [InlineData("akkalb.services.img.policy = random", "akkalb.services.img.policy")]
    [InlineData("akkalb.etcd.password = two", "akkalb.etcd.password")]
    [InlineData("akka.remote.log-remote-lifecycle-events = on", "akka.remote.log-remote-lifecycle-events")]
    public void What_has_changed_is_named_without_its_value(string more, string path)
    {
        Assert.Equal([path], Between(Start, $"{Start}\n{more}").ToRestartFor);
        Assert.Equal([path], Between($"{Start}\n{more}", Start).ToRestartFor);
    }

    private static SettingsChange Between(string inUse, string now) =>
        SettingsChange.Between(ConfigurationFactory.ParseString(inUse), ConfigurationFactory.ParseString(now));
}
