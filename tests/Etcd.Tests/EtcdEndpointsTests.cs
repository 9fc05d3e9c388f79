
namespace AkkaLb.Etcd.Tests;

public sealed class EtcdEndpointsTests
{
    [Theory]
    [InlineData("http://10.0.0.1:2379", "http://10.0.0.1:2379")]
    [InlineData("etcd-1:2379", "http://etcd-1:2379")]
    [InlineData("HTTP://a:1/", "http://a:1")]
    [InlineData(" a:1 , http://b:2 ", "http://a:1,http://b:2")]
    [InlineData("a:1,http://a:1", "http://a:1")]
    [InlineData("http://[::1]:2379", "http://[::1]:2379")]
    [InlineData("https://a:1,HTTPS://b:2/", "https://a:1,https://b:2")]
    public void Endpoints_are_read_with_or_without_their_scheme(string csv, string expected)
    {
        Assert.True(EtcdEndpoints.TryParse(csv, out var endpoints, out var problem), problem);
        Assert.Equal(expected, string.Join(',', endpoints));
    }

    [Theory]
    [InlineData(null, "no etcd endpoint is given")]
    [InlineData("  ", "no etcd endpoint is given")]
    [InlineData("a:1,", "a comma too many")]
    [InlineData("https://a", "names no port; write https://a:2379")]
    [InlineData("https://a:1,http://b:1", "cannot be mixed")]
    [InlineData("https://a:1,b:1", "cannot be mixed")]
    [InlineData("a", "names no port; write http://a:2379")]
    [InlineData("http://[::1]", "names no port; write http://[::1]:2379")]
    [InlineData("a:", "a port is a number from 1 to 65535")]
    [InlineData("a:0", "a port is a number from 1 to 65535")]
    [InlineData("a:65536", "a port is a number from 1 to 65535")]
    [InlineData("a:+1", "a port is a number from 1 to 65535")]
    [InlineData("::1:2379", "an IPv6 address in square brackets")]
    [InlineData(":2379", "names no valid host")]
    [InlineData("a b:1", "names no valid host")]
    [InlineData("ftp://a:1", "not of the form http://host:port")]
    [InlineData("http://a:1/path", "not of the form http://host:port")]
    [InlineData("user@a:1", "not of the form http://host:port")]
    public void A_wrong_endpoint_is_named_with_what_to_write_instead(string? csv, string expected)
    {
        Assert.False(EtcdEndpoints.TryParse(csv, out var endpoints, out var problem));
        Assert.Empty(endpoints);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }
}
