using Akka.Actor;
using AkkaLb.Registry.Etcd;

namespace AkkaLb.Registry.Tests.Etcd;

public sealed class SerializedActorPathTests
{
    [Theory]
    [InlineData("akka.tcp://AkkaLb@127.0.0.1:4053/user/worker#123")]
    [InlineData("akka.ssl.tcp://AkkaLb@worker-1.example.org:1/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@my_worker:65535/user/worker#2147483647")]
    [InlineData("akka.tcp://AkkaLb@[::1]:4053/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@Host-A.:4053/user/worker#1")]
    [InlineData("akka.tcp://my-shop_2@h:1/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@h:1/user/worker-pdf.2_a-b#1")]
    public void A_worker_s_path_is_accepted_and_Akka_reads_it(string path)
    {
        Assert.True(SerializedActorPath.IsWorker(path));
        Assert.True(ActorPath.TryParse(path, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("akka://AkkaLb/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb/user/worker#1")]
    [InlineData("akka.tcp://@h:1/user/worker#1")]
    [InlineData("akka.tcp://-shop@h:1/user/worker#1")]
    [InlineData("akka.tcp://my shop@h:1/user/worker#1")]
    [InlineData("akka.tcp://sh\u00f6p@h:1/user/worker#1")]
    [InlineData("akka.tcp://shop@mine@h:1/user/worker#1")]
    [InlineData("AKKA.tcp://AkkaLb@h:1/user/worker#1")]
    [InlineData("akka.udp://AkkaLb@h:1/user/worker#1")]
    [InlineData("http://AkkaLb@h:1/user/worker#1")]
    [InlineData(" akka.tcp://AkkaLb@h:1/user/worker#1")]
    public void Another_protocol_or_system_is_refused(string path) => AssertRefused(path);

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData(":1")]
    [InlineData("h:")]
    [InlineData("h:0")]
    [InlineData("h:01")]
    [InlineData("h:+1")]
    [InlineData("h:65536")]
    [InlineData("h:99999999999999999999")]
    [InlineData("h:1:2")]
    [InlineData("h:1\u0661")]
    [InlineData("user@h:1")]
    [InlineData("AkkaLb@h:1")]
    [InlineData("a..b:1")]
    [InlineData("a b:1")]
    [InlineData("a?b:1")]
    [InlineData("a#b:1")]
    [InlineData("a\\b:1")]
    [InlineData("%31:1")]
    [InlineData("b\u00fccher:1")]
    [InlineData("*:1")]
    [InlineData("0:1")]
    [InlineData("0x0:1")]
    [InlineData("0.0.0.0:1")]
    [InlineData("00.0.0.0:1")]
    [InlineData("::1:1")]
    [InlineData("[::]:1")]
    [InlineData("[0:0::0]:1")]
    [InlineData("[::ffff:0.0.0.0]:1")]
    [InlineData("[junk]:1")]
    [InlineData("[h]:1")]
    [InlineData("[127.0.0.1]:1")]
    [InlineData("[::1:1")]
    [InlineData("::1]:1")]
    [InlineData("[fe80::1%25eth0]:1")]
    public void A_host_and_port_that_nobody_can_be_reached_at_are_refused(string authority)
    {
        AssertRefused($"akka.tcp://AkkaLb@{authority}/user/worker#1");
        Assert.False(SerializedActorPath.IsNode($"akka.tcp://AkkaLb@{authority}"));
        Assert.False(SerializedActorPath.IsBalancer($"akka.tcp://AkkaLb@{authority}/user/balancer"));
    }

    [Fact]
    public void A_balancer_may_be_of_another_system_and_a_node_of_our_cluster_may_not()
    {
        Assert.True(SerializedActorPath.IsBalancer("akka.tcp://my-shop@h:1/user/balancer"));
        Assert.True(SerializedActorPath.IsAnyNode("akka.tcp://my-shop@h:1"));
        Assert.False(SerializedActorPath.IsNode("akka.tcp://my-shop@h:1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/#1")]
    [InlineData("/user#1")]
    [InlineData("/user/balancer#1")]
    [InlineData("/user/worker/a#1")]
    [InlineData("/user/workers#1")]
    [InlineData("/user/worker-#1")]
    [InlineData("/user/worker-a b#1")]
    [InlineData("/user/worker-\u00e4#1")]
    [InlineData("/user/worker-%41#1")]
    [InlineData("/user/worker-a/b#1")]
    [InlineData("/user/Worker-a#1")]
    [InlineData("/user//worker#1")]
    [InlineData("/user/../user/worker#1")]
    [InlineData("/system/worker#1")]
    [InlineData("/remote/user/worker#1")]
    [InlineData("/user/worker")]
    [InlineData("/user/worker/#1")]
    public void Anybody_but_the_worker_s_gate_is_refused(string elements) => AssertRefused("akka.tcp://AkkaLb@h:1" + elements);

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("-0")]
    [InlineData("007")]
    [InlineData("1 ")]
    [InlineData("1.0")]
    [InlineData("1#2")]
    [InlineData("2147483648")]
    [InlineData("9223372036854775807")]
    [InlineData("-9223372036854775808")]
    [InlineData("99999999999999999999")]
    public void A_uid_that_Akka_would_not_give_is_refused(string uid)
    {
        AssertRefused($"akka.tcp://AkkaLb@h:1/user/worker#{uid}");
        Assert.False(SerializedActorPath.IsBalancer($"akka.tcp://AkkaLb@h:1/user/balancer#{uid}"));
    }

    [Theory]
    [InlineData("akka.tcp://AkkaLb@h:1/user/balancer")]
    [InlineData("akka.ssl.tcp://AkkaLb@[::1]:1/user/balancer#77")]
    public void A_balancer_s_path_may_do_without_a_uid(string path)
    {
        Assert.True(SerializedActorPath.IsBalancer(path));
        Assert.True(ActorPath.TryParse(path, out _));
        AssertRefused(path);
    }

    [Theory]
    [InlineData("akka.tcp://AkkaLb@h:1")]
    [InlineData("akka.tcp://AkkaLb@h:1/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@h:1/user/balancers")]
    [InlineData("akka.tcp://AkkaLb@h:1/user/balancer/")]
    public void Somebody_else_is_no_balancer(string path) => Assert.False(SerializedActorPath.IsBalancer(path));

    [Theory]
    [InlineData("akka.tcp://AkkaLb@h:1", true)]
    [InlineData("akka.ssl.tcp://AkkaLb@10.0.0.3:4053", true)]
    [InlineData("akka.tcp://AkkaLb@h:1/", false)]
    [InlineData("akka.tcp://AkkaLb@h:1/user/balancer", false)]
    public void A_node_s_address_stands_alone(string address, bool isNode) => Assert.Equal(isNode, SerializedActorPath.IsNode(address));

    [Fact]
    public void What_is_too_long_is_refused() => AssertRefused($"akka.tcp://AkkaLb@{new string('h', 1024)}:1/user/worker#1");

    private static void AssertRefused(string path) => Assert.False(SerializedActorPath.IsWorker(path));
}
