using System.Collections.Immutable;
using System.Net;
using System.Text;
using AkkaLb.Endpoints;
using AkkaLb.Tests.Support;

namespace AkkaLb.Discovery.Etcd.Tests;

public sealed class ServiceInstanceValueTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var instance = new ServiceInstance("a:1", "example.org", 65535)
        {
            Address = IPAddress.Parse("2001:db8::1"),
            Path = "akka.tcp://S@example.org:1/user/a#12",
            Version = "1.2 β",
            Attributes = ImmutableSortedDictionary<string, string>.Empty.Add("port-name", "remoting").Add("zone", ""),
        };
        var read = Read(instance.Id, Encoding.UTF8.GetString(ServiceInstanceValue.Write(instance)));
        Assert.Equal(instance.Attributes, read.Attributes);
        Assert.Equal(instance, read with { Attributes = instance.Attributes });
    }

    [Fact]
    public void No_value_whatever_throws_and_each_problem_is_fit_for_a_log()
    {
        const string good =
            """{"host":"h","port":1,"address":"10.0.0.1","path":"akka.tcp://S@a:1/user/b","version":"1","attributes":{"a":"b"}}""";
        Assert.All(HostileValues.Listed(good).Concat(HostileValues.Damaged(good, seed: 3, 30_000)), value =>
        {
            Assert.Equal(ServiceInstanceValue.TryParse("x", value, out var instance, out var problem), problem is null);
            Assert.Equal(instance is null, problem is not null);
            Assert.Equal(problem, problem is null ? null : LogText.Of(problem));
        });
    }

    [Theory]
    [InlineData("""{"host":"h","port":1}""", "h", 1)]
    [InlineData("""{"host":"h","port":1,"later":{"a":[]}}""", "h", 1)]
    [InlineData("""{"path":"akka.ssl.tcp://S@node-1:4053/user/balancer","version":"0.1.0"}""", "node-1", 4053)]
    [InlineData("""{"path":"akka.tcp://S@[::1]:4053/user/balancer#7"}""", "[::1]", 4053)]
    [InlineData("""{"path":"akka.tcp://S@a:1/user/b","host":"h","port":2}""", "h", 2)]
    public void Host_and_port_are_enough_or_a_path_that_holds_them(string json, string host, int port)
    {
        var read = Read("x", json);
        Assert.Equal((host, port), (read.Host, read.Port));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"port":1}""", "'host' is missing")]
    [InlineData("""{"host":"h"}""", "'port' is missing")]
    [InlineData("""{"host":"","port":1}""", "'host' is empty")]
    [InlineData("""{"host":"h","port":0}""", "'port' must be a whole number")]
    [InlineData("""{"host":"h","port":65536}""", "'port' must be a whole number")]
    [InlineData("""{"host":"h","port":"1"}""", "'port' must be a number")]
    [InlineData("""{"host":"h","port":1,"address":"h"}""", "'address' is no IP address")]
    [InlineData("""{"host":"h","port":1,"attributes":{"a":1}}""", "'attributes.a' must be a string, not number")]
    [InlineData("""{"host":"h","port":1,"attributes":{"":"1"}}""", "'attributes' has a name")]
    [InlineData("""{"host":"h","port":1,"attributes":[]}""", "'attributes' must be an object")]
    [InlineData("""{"host":"h","port":1,"version":"a\u0001b"}""", "'version' is longer")]
    [InlineData("""{"host":"h","port":1,"port":2}""", "not JSON")]
    public void Anything_else_is_named_and_left_out(string json, string problem)
    {
        Assert.False(ServiceInstanceValue.TryParse("x", Encoding.UTF8.GetBytes(json), out _, out var told));
        Assert.Contains(problem, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_many_attributes_and_too_many_bytes_are_refused()
    {
        var many = Enumerable.Range(0, 33).ToImmutableSortedDictionary(i => $"a{i}", _ => "");
        Assert.Throws<ArgumentException>(() => ServiceInstanceValue.Write(new ServiceInstance("x", "h", 1) { Attributes = many }));
        Assert.False(ServiceInstanceValue.TryParse("x", new byte[5000], out _, out var problem));
        Assert.Contains("5000 bytes", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_bytes_come_it_does_not_throw_and_what_it_reads_can_be_written()
    {
        var random = new Random(4053);
        var good = Encoding.UTF8.GetBytes(
            """{"host":"h","port":1,"address":"10.0.0.1","path":"akka.tcp://S@a:1/user/b","version":"1","attributes":{"a":"\u00e9","b":""},"x":[1,null]}""");
        var (read, refused) = (0, 0);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = good[..(random.Next(4) == 0 ? random.Next(good.Length) : good.Length)];
            for (var flips = random.Next(4); flips > 0 && bytes.Length > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            if (ServiceInstanceValue.TryParse("x", bytes, out var instance, out var problem))
            {
                read++;
                ServiceInstanceValue.Write(instance);
            }
            else
            {
                refused++;
                Assert.NotEmpty(problem);
            }
        }

        Assert.True(read > 1000 && refused > 1000, $"{read} read, {refused} refused");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ä")]
    public void Names_that_cannot_be_keys_are_refused(string name)
    {
        Assert.False(ServiceNames.IsValid(name));
        Assert.False(ServiceInstanceValue.TryParse(name, Encoding.UTF8.GetBytes("""{"host":"h","port":1}"""), out _, out _));
    }

    private static ServiceInstance Read(string id, string json)
    {
        Assert.True(ServiceInstanceValue.TryParse(id, Encoding.UTF8.GetBytes(json), out var instance, out var problem), problem);
        return instance;
    }
}
