
namespace AkkaLb.Etcd.Tests;

public sealed class EtcdSettingsTests
{
    private static readonly EtcdSettings Good = new([new EtcdEndpoint("127.0.0.1", 20000)]);

    [Fact]
    public void The_defaults_have_no_problem() => Assert.Empty(Good.Problems());

    [Fact]
    public void All_problems_are_told_at_once()
    {
        var bad = new EtcdSettings([])
        {
            Prefix = "akkalb/",
            RequestTimeout = TimeSpan.Zero,
            ReconnectDelayMax = TimeSpan.FromMilliseconds(1),
            LivenessFailuresMax = 0,
            ResyncInterval = TimeSpan.FromSeconds(1),
            PingDelay = TimeSpan.FromSeconds(5),
            PingTimeout = TimeSpan.Zero,
        };
        Assert.Equal(8, bad.Problems().Count);
        Assert.Throws<ArgumentException>(() => new EtcdConnection(bad, TimeProvider.System));
    }

    [Theory]
    [InlineData("/a", true)]
    [InlineData("/a/b-c_d", true)]
    [InlineData("/", false)]
    [InlineData("", false)]
    [InlineData("a", false)]
    [InlineData("/a/", false)]
    [InlineData("/a b", false)]
    [InlineData("/ä", false)]
    public void A_prefix_starts_with_a_slash_and_does_not_end_with_one(string prefix, bool isValid) =>
        Assert.Equal(isValid, (Good with { Prefix = prefix }).Problems().Count == 0);

    [Fact]
    public void The_channel_tries_each_call_once_pings_as_etcd_tolerates_and_leaves_the_bound_of_a_connect_to_the_dialer()
    {
        var options = EtcdChannel.Options(Good, new EtcdDialer(Good.Endpoints[0], Good, new TcpNetwork(), TimeProvider.System));
        Assert.Null(options.ServiceConfig);
        var handler = Assert.IsType<SocketsHttpHandler>(options.HttpHandler);
        Assert.Equal(Timeout.InfiniteTimeSpan, handler.ConnectTimeout);
        Assert.NotNull(handler.ConnectCallback);
        Assert.Equal(HttpKeepAlivePingPolicy.WithActiveRequests, handler.KeepAlivePingPolicy);
        Assert.Equal(TimeSpan.FromSeconds(10), handler.KeepAlivePingDelay);
        handler.Dispose();
    }
}
