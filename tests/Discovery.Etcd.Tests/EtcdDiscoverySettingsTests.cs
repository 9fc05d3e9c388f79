using Akka.Configuration;
using AkkaLb.Etcd;

namespace AkkaLb.Discovery.Etcd.Tests;

public sealed class EtcdDiscoverySettingsTests
{
    [Fact]
    public void The_reference_has_every_default()
    {
        var settings = EtcdDiscoverySettings.Read(Config.Empty);
        Assert.Equal([new EtcdEndpoint("127.0.0.1", 2379)], settings.Etcd.Endpoints);
        Assert.Equal(("/akka/services", TimeSpan.FromSeconds(2)), (settings.Etcd.Prefix, settings.Etcd.RequestTimeout));
        Assert.Equal((LookupMode.Watch, 64), (settings.Lookup, settings.WatchesMax));
        Assert.Null(settings.Register);

        var register = EtcdDiscoverySettings.Read("akka.discovery.etcd.register { enabled = on, service-name = s }").Register!;
        Assert.Equal(("s", "", "", 0, "", new RegistrationOptions()), (
            register.ServiceName, register.InstanceId, register.Host, register.Port, register.Version, register.Options));
        Assert.Empty(register.Attributes);
        Assert.Null(register.Address);
    }

    [Fact]
    public void Everything_can_be_set()
    {
        var settings = EtcdDiscoverySettings.Read(
            """
            akka.discovery.etcd {
              endpoints = ["http://h1:1", "h2:2"], prefix = "/x", request-timeout = 5s, lookup = read, watches-max = 3
              register { enabled = on, service-name = s, instance-id = i, host = h, port = 7, address = "10.0.0.1", version = v, lease-ttl = 3s
                on-conflict = refuse
                attributes { port-name = remoting, protocol = tcp } }
            }
            """);
        Assert.Equal([new EtcdEndpoint("h1", 1), new EtcdEndpoint("h2", 2)], settings.Etcd.Endpoints);
        Assert.Equal(("/x", TimeSpan.FromSeconds(5), LookupMode.Read, 3), (
            settings.Etcd.Prefix, settings.Etcd.RequestTimeout, settings.Lookup, settings.WatchesMax));
        var register = settings.Register!;
        Assert.Equal(("i", "h", 7, "10.0.0.1", "v"), (register.InstanceId, register.Host, register.Port, $"{register.Address}", register.Version));
        Assert.Equal(new RegistrationOptions { LeaseTtl = TimeSpan.FromSeconds(3), OnConflict = ConflictRule.Refuse }, register.Options);
        Assert.Equal([new("port-name", "remoting"), new("protocol", "tcp")], register.Attributes);
    }

    [Fact]
    public void User_and_TLS_are_read_and_what_is_wrong_with_them_is_named_without_the_password()
    {
        var settings = EtcdDiscoverySettings.Read("akka.discovery.etcd { endpoints = \"https://h:1\", user = me, password = secret }");
        Assert.True(settings.Etcd is { IsTls: true, Credentials.User: "me" });

        var told = Assert.Throws<ConfigurationException>(
            () => EtcdDiscoverySettings.Read("akka.discovery.etcd { password = secret, tls.certificate = a }")).Message;
        Assert.Equal(
            "akka.discovery.etcd.tls.key: is missing: a client certificate and its key go together"
                + Environment.NewLine + "akka.discovery.etcd.user: is missing: a password is given", told);
    }

    [Fact]
    public void A_time_that_cannot_be_read_is_named()
    {
        var told = Assert.Throws<ConfigurationException>(() => EtcdDiscoverySettings.Read("akka.discovery.etcd.request-timeout = soon")).Message;
        Assert.Equal("akka.discovery.etcd.request-timeout = \"soon\": must be a time, for example 500ms or 2s", told);
    }

    [Fact]
    public void All_that_is_wrong_is_named_together_with_its_path()
    {
        var told = Assert.Throws<ConfigurationException>(() => EtcdDiscoverySettings.Read(
            """
            akka.discovery.etcd {
              endpoints = "nowhere", prefix = "x/", request-timeout = 0s, lookup = guess, watches-max = 0
              register { enabled = on, instance-id = "a/b", port = 70000, address = "h", lease-ttl = 10ms, on-conflict = fight }
            }
            """)).Message.Split(Environment.NewLine);
        string[] keys =
        [
            ".endpoints = \"nowhere\"", ": prefix 'x/'", ": request timeout", ".lookup = \"guess\"", ".watches-max = \"0\"",
            ".register.service-name = \"\"",
            ".register.instance-id = \"a/b\"", ".register.port = \"70000\"", ".register.address = \"h\"", ".register.lease-ttl",
            ".register.on-conflict = \"fight\"",
        ];
        Assert.All(keys, key => Assert.Contains(told, line => line.StartsWith("akka.discovery.etcd" + key, StringComparison.Ordinal)));
        Assert.Equal(keys.Length, told.Length);
    }
}
