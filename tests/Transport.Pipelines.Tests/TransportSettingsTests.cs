using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using AkkaLb.Messages;

namespace AkkaLb.Transport.Pipelines.Tests;

public sealed class TransportSettingsTests
{
    [Fact]
    public void Every_value_that_cannot_be_is_named_and_all_at_once()
    {
        var refused = Refused(
            """
            transport-protocol = udp
            byte-order = big-endian
            port = 70000
            public-port = many
            connection-timeout = 0s
            maximum-frame-size = 1000
            write-buffer-high-water-mark = 2GiB
            send-buffer-size = 5GiB
            receive-buffer-size = 3GiB
            backlog = 0
            tcp-user-timeout = 25h
            """);

        Assert.Equal(
            [
                "transport-protocol = udp is not possible with this transport: it knows tcp only",
                "byte-order = big-endian is not possible with this transport: it knows little-endian only",
                "port = 70000 is not a whole number from 0 to 65535",
                "public-port = many is not a whole number from 0 to 65535",
                "connection-timeout = 00:00:00 is not above zero and at most a day",
                "maximum-frame-size = 1000 bytes is not from 32000 to 1073741824 bytes",
                "write-buffer-high-water-mark = 2147483648 bytes is not from 0 to 1073741824 bytes",
                "send-buffer-size = 5368709120 bytes is not from 0 to 1073741824 bytes",
                "receive-buffer-size = 3221225472 bytes is not from 0 to 1073741824 bytes",
                "backlog = 0 is not a whole number from 1 to 2147483647",
                "tcp-user-timeout = 1.01:00:00 is not above zero and at most a day",
            ],
            refused);
    }

    [Theory]
    [InlineData("port", "-1")]
    [InlineData("port", "1.5")]
    [InlineData("port", "\"\"")]
    [InlineData("enable-ssl", "perhaps")]
    [InlineData("tcp-nodelay", "7")]
    [InlineData("tcp-keepalive", "\"\"")]
    [InlineData("dns-use-ipv6", "{ a = 1 }")]
    [InlineData("enforce-ip-family", "[1]")]
    [InlineData("connection-timeout", "soon")]
    [InlineData("connection-timeout", "-1s")]
    [InlineData("connection-timeout", "infinite")]
    [InlineData("tcp-user-timeout", "-1ms")]
    [InlineData("tcp-user-timeout", "\"\"")]
    [InlineData("maximum-frame-size", "large")]
    [InlineData("maximum-frame-size", "-5b")]
    [InlineData("send-buffer-size", "10 pounds")]
    [InlineData("send-buffer-size", "99999999999999999999999999b")]
    public void Value_of_any_kind_that_cannot_be_is_named_beside_others(string name, string value)
    {
        var refused = Refused($"{name} = {value}\ntransport-protocol = udp\nbacklog = none");

        Assert.Equal(3, refused.Length);
        Assert.Contains(refused, r => r.StartsWith($"{name} = ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Defaults_are_those_of_the_standard_transport()
    {
        var system = ActorSystem.Create("A", SystemConfig.Remoting("127.0.0.1", 0).WithFallback("akka { loggers = [], stdout-loglevel = OFF }"));
        try
        {
            var section = system.Settings.Config.GetConfig("akka.remote.dot-netty.tcp");

            Assert.Equal(
                TransportSettings.Read(ConfigurationFactory.ParseString("hostname = 127.0.0.1, port = 0")), TransportSettings.Read(section));
        }
        finally
        {
            await system.Terminate();
        }
    }

    [Fact]
    public void Settings_are_read_by_the_names_of_the_standard_transport()
    {
        var settings = TransportSettings.Read(ConfigurationFactory.ParseString(
            """
            transport-protocol = TCP
            byte-order = Little-Endian
            hostname = here.example
            port = 1
            public-hostname = there.example
            public-port = 2
            enable-ssl = on
            connection-timeout = 3s
            maximum-frame-size = 32000b
            write-buffer-high-water-mark = 5KiB
            send-buffer-size = 0
            receive-buffer-size = 7b
            backlog = 8
            tcp-nodelay = off
            tcp-keepalive = off
            dns-use-ipv6 = on
            enforce-ip-family = on
            tcp-user-timeout = 0
            """));

        Assert.Equal(
            new TransportSettings
            {
                Hostname = "here.example",
                Port = 1,
                PublicHostname = "there.example",
                PublicPort = 2,
                HasTls = true,
                ConnectionTimeout = TimeSpan.FromSeconds(3),
                FrameBytesMax = 32_000,
                OutboxBytesMax = 5 * 1024,
                SendBufferBytes = 0,
                ReceiveBufferBytes = 7,
                Backlog = 8,
                HasNoDelay = false,
                HasKeepAlive = false,
                Family = AddressFamily.InterNetworkV6,
                IsFamilyEnforced = true,
                UserTimeout = TimeSpan.Zero,
            },
            settings);
    }

    private static string[] Refused(string section) =>
        Assert.Throws<ConfigurationException>(() => TransportSettings.Read(ConfigurationFactory.ParseString(section))).Message.Split("; ");
}
