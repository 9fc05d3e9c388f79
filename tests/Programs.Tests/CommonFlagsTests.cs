using System.CommandLine;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Settings;

namespace AkkaLb.Programs.Tests;

public class CommonFlagsTests
{
    private static readonly Setting<TimeSpan> Pace = Setting.Duration("akkalb.pace", TimeSpan.Zero, TimeSpan.FromHours(1))
        .WithFlag("--pace", "MS", "between two steps", "ms");

    private static readonly Setting<int> Steps = Setting.Whole("akkalb.steps", 1, 9).WithFlag("--steps", "N", "so many");

    [Theory]
    [InlineData("--etcd a:1", "etcd")]
    [InlineData("--etcd a:1 --registry embedded", "embedded")]
    [InlineData("--registry embedded --etcd a:1", "embedded")]
    public void What_a_flag_implies_gives_way_to_the_flag_of_that_setting(string arguments, string registry) =>
        Assert.Equal(registry, Read(arguments).Get(NodeKeys.Registry));

    [Fact]
    public void A_flag_for_the_password_file_puts_away_the_password_of_a_file() =>
        Assert.Equal("", Read("--etcd-password-file p").Get(NodeKeys.EtcdPassword));

    [Fact]
    public void A_number_has_the_unit_of_its_row() => Assert.Equal(TimeSpan.FromMilliseconds(5), Read("--pace 5").Get(Pace));

    [Theory]
    [InlineData("", 3)]
    [InlineData("--steps 4", 4)]
    public void A_flag_goes_over_what_the_program_says(string arguments, int steps) =>
        Assert.Equal(steps, Read(arguments, new FlagOverlay().Set(Steps, "3")).Get(Steps));

    [Fact]
    public void A_program_that_does_not_listen_has_no_flags_for_it()
    {
        Assert.Contains("--port", Flags(isListening: true));
        Assert.DoesNotContain("--port", Flags(isListening: false));
        Assert.DoesNotContain("--host", Flags(isListening: false));
    }

    private static IEnumerable<string> Flags(bool isListening)
    {
        var command = new RootCommand();
        new CommonFlags(new SettingsSchema(NodeKeys.Common), isListening).AddTo(command);
        return command.Options.Select(o => o.Name);
    }

    private static Akka.Configuration.Config Read(string arguments, FlagOverlay? over = null)
    {
        var flags = new CommonFlags(new SettingsSchema([Pace, Steps, .. NodeKeys.Common]));
        var command = new RootCommand();
        flags.AddTo(command);
        return flags.Read(command.Parse(arguments), over).ToConfig();
    }
}
