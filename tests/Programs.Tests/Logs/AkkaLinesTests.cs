using System.Net.Sockets;
using Akka.Actor;
using AkkaLb.Programs.Logs;

namespace AkkaLb.Programs.Tests.Logs;

public sealed class AkkaLinesTests
{
    private static readonly Address Balancer = new("akka.tcp", "AkkaLb", "localhost", 4053);

    [Theory]
    [InlineData("Tried to associate with unreachable remote address [{0}]. Address is now gated for {1} ms, all messages to this address will be "
        + "delivered to dead letters. Reason: [{2}] {3}")]
    [InlineData("CoordinatedShutdown invoked because a remote association has failed")]
    public void A_peer_that_is_away_is_not_told_by_Akka(string template) =>
        Assert.Null(AkkaLines.Judge(LogLevel.Warning, template, [Balancer, 1000, "x", ""], template, null));

    [Fact]
    public void A_connection_that_broke_is_not_told_by_Akka_whatever_line_carries_it()
    {
        var broken = new SocketException((int)SocketError.ConnectionReset);

        Assert.Null(AkkaLines.Judge(LogLevel.Error, "Error caught channel [{0}->{1}](Id={2})", ["a", "b", "c"], "Error caught channel", broken));
        Assert.Null(AkkaLines.Judge(
            LogLevel.Warning, "Association with remote system {0} has failed; address is now gated for {1} ms. Reason is: [{2}]",
            [Balancer, 1000, new InvalidOperationException("x", broken)], "Association", null));
    }

    [Fact]
    public void An_association_that_fails_for_another_reason_is_told_on_one_line()
    {
        var told = AkkaLines.Judge(
            LogLevel.Warning, "Association with remote system {0} has failed", [Balancer, 1, new InvalidOperationException("x")],
            "Association failed\n   at X", null);

        Assert.Equal((LogLevel.Warning, "Association failed"), told);
    }

    [Fact]
    public void Messages_for_another_address_are_told_with_the_address_that_the_node_goes_by()
    {
        var told = AkkaLines.Judge(
            LogLevel.Error,
            "Dropping message [{0}] for non-local recipient [{1}] arriving at [{2}] inbound addresses [{3}]",
            ["Identify", "akka.tcp://AkkaLb@localhost:4053/user/balancer", Balancer, "akka.tcp://AkkaLb@127.0.0.1:4053"],
            "Dropping ...",
            null);

        Assert.Equal(
            (LogLevel.Error, "messages for localhost:4053 are dropped, because this node goes by another address: 127.0.0.1:4053; use that one "
                + "where they come from"),
            told);
    }

    [Theory]
    [InlineData("Cluster Node [{0}] - Marking node(s) as UNREACHABLE [{1}]. Node roles [{2}]", LogLevel.Warning,
        "the balancer at 127.0.0.1:4054 does not answer")]
    [InlineData("Marking node(s) as REACHABLE [{0}]. Node roles [{1}]", LogLevel.Info, "the balancer at 127.0.0.1:4054 answers again")]
    public void A_balancer_of_the_cluster_is_told_lost_and_back_by_its_address(string template, object level, string sentence) => Assert.Equal(
        ((LogLevel)level, sentence),
        AkkaLines.Judge(
            (LogLevel)level,
            template,
            [],
            "Cluster Node [akka.ssl.tcp://AkkaLb@127.0.0.1:1] - Marking node(s) as "
                + (template.Contains("UN", StringComparison.Ordinal) ? "UN" : "")
                + "REACHABLE [Member(address = akka.ssl.tcp://AkkaLb@127.0.0.1:4054, Uid=1 status = Up, role=[], upNumber=1)]. Node roles "
                + "[akka.ssl.tcp://AkkaLb@127.0.0.1:2]",
            null));

    [Fact]
    public void Balancers_that_are_put_out_of_the_cluster_are_told_by_their_addresses() => Assert.Equal(
        (LogLevel.Warning, "balancers that do not answer are put out of the cluster: 127.0.0.1:4054, 127.0.0.1:4055"),
        AkkaLines.Judge(
            LogLevel.Warning,
            "SBR took decision {0} and is downing [{1}]{2}, [{3}] unreachable of [{4}] members",
            [],
            "SBR took decision X and is downing [akka.tcp://AkkaLb@127.0.0.1:4054, akka.tcp://AkkaLb@127.0.0.1:4055], [2] unreachable of [3] "
                + "members, full reachability status: [akka.tcp://AkkaLb@127.0.0.1:4053]",
            null));

    [Fact]
    public void What_Akka_only_mentions_is_not_told_and_what_it_warns_of_is_told_without_stack_trace()
    {
        Assert.Null(AkkaLines.Judge(LogLevel.Info, "Remoting started", [], "Remoting started", null));
        Assert.Equal(
            (LogLevel.Error, "cannot (InvalidOperationException: first)"),
            AkkaLines.Judge(LogLevel.Error, "cannot\n   at A", [], "cannot\n   at A", new InvalidOperationException("first\nsecond")));
    }

    [Fact]
    public void The_host_of_an_IPv6_address_is_told_in_brackets() => Assert.Equal(
        "the balancer at [::1]:4053 does not answer",
        AkkaLines.Judge(LogLevel.Warning, "Cluster Node [{0}] - Marking node(s) as UNREACHABLE [{1}]", [],
        "[Member(address = akka.tcp://AkkaLb@[::1]:4053, x)]", null)?.Sentence);
}
