using System.Text.RegularExpressions;

namespace AkkaLb.Deployment.Tests;

/// <summary>Units of systemd and the settings beside them fit the programs.</summary>
public sealed partial class UnitTests
{
    private const string Password = "/etc/akkalb/secrets/etcd-password";

    public static TheoryData<string, string> Units => new()
    {
        { "akkalb-balancer.service", "balancer" },
        { "akkalb-worker.service", "worker" },
        { "akkalb-worker@.service", "worker" },
    };

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_waits_for_the_program_watches_it_and_gives_it_time_to_stop(string file, string program)
    {
        var unit = Read(file);
        Assert.Equal("notify", unit["Type"].Single());
        Assert.Equal("on-failure", unit["Restart"].Single());
        Assert.Equal("2", unit["RestartPreventExitStatus"].Single());
        Assert.Equal("SIGTERM", unit["KillSignal"].Single());
        Assert.Equal("strict", unit["ProtectSystem"].Single());
        Assert.Equal("akkalb", unit["User"].Single());
        Assert.Contains($"--config /etc/akkalb/{program}.hocon", unit["ExecStart"].Single(), StringComparison.Ordinal);
        Assert.True(unit.Contains("WatchdogSec") && unit.Contains("StartLimitBurst"));
        if (program == "worker")
        {
            var seconds = int.Parse(unit["TimeoutStopSec"].Single().TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture);
            Assert.True(TimeSpan.FromSeconds(seconds) >= Shipped.WorkerStop);
        }
    }

    [Theory]
    [InlineData("balancer")]
    [InlineData("worker")]
    public void The_variables_of_the_credentials_are_settings(string program)
    {
        var variables = Read("credentials.conf")["Environment"].Select(v => v.Split('=')).ToDictionary(v => v[0], v => v[1]);
        Assert.Equal(
            ["AKKALB__ETCD__PASSWORD_FILE", "AKKALB__ETCD__TLS__KEY", "AKKALB__TLS__KEY"], variables.Keys.Order(StringComparer.Ordinal));
        var folder = Directory.CreateTempSubdirectory("akkalb-credentials-").FullName;
        try
        {
            // Only the names are judged here: keys are read at the start.
            File.WriteAllText(Path.Combine(folder, "etcd-password"), "secret\n");
            var file = variables["AKKALB__ETCD__PASSWORD_FILE"].Replace("%d", folder, StringComparison.Ordinal);
            Shipped.Load(program, null, new Dictionary<string, string>
            {
                ["AKKALB__ETCD__PASSWORD_FILE"] = file, ["AKKALB__ETCD__USER"] = "akkalb", ["AKKALB__REGISTRY"] = "etcd",
                ["AKKALB__ETCD__ENDPOINTS"] = "http://127.0.0.1:2379",
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("balancer")]
    [InlineData("worker")]
    [InlineData("client")]
    public void The_settings_that_are_installed_are_right_and_so_are_those_that_stand_in_comments(string program)
    {
        var path = Shipped.Path($"etc/{program}.hocon");
        Shipped.Load(program, path);

        // Without certificates and the operator's own actor, which are read with the settings.
        var text = Uncommented().Replace(File.ReadAllText(path), "$1$2");
        Assert.Contains("\n  registry = etcd\n", text, StringComparison.Ordinal);
        Assert.Contains(Password, text, StringComparison.Ordinal);
        var folder = Directory.CreateTempSubdirectory("akkalb-settings-").FullName;
        try
        {
            var (whole, password) = (Path.Combine(folder, "whole.hocon"), Path.Combine(folder, "password"));
            File.WriteAllText(password, "secret\n");
            File.WriteAllText(whole, Elsewhere().Replace(text, "").Replace(Password, password, StringComparison.Ordinal));
            Shipped.Load(program, whole);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ILookup<string, string> Read(string file) => Shipped.Text($"systemd/{file}").Split('\n')
        .Where(line => line.Length > 0 && line[0] is not ('#' or '['))
        .Select(line => line.Split('=', 2)).ToLookup(parts => parts[0], parts => parts[1]);

    [GeneratedRegex(@"^( +)# ((?:[a-z.-]+ [={]|\}| ).*)$", RegexOptions.Multiline)]
    private static partial Regex Uncommented();

    [GeneratedRegex(@"tls \{[^}]*\}|\b(actor|assemblies) = .*")]
    private static partial Regex Elsewhere();
}
