using Akka.Configuration;
using AkkaLb.Remoting;

namespace AkkaLb.Tests.Support;

/// <summary>What carries the connections of the nodes of a test. <c>./test --transport NAME</c> says which, by an environment variable.</summary>
public static class TestTransport
{
    private const string Variable = "AKKALB_TEST_TRANSPORT";

    private static int _nodes;

    /// <summary>No node of this run has another one.</summary>
    public static bool IsAlwaysPipelines => Environment.GetEnvironmentVariable(Variable) is null or "" or "pipelines";

    /// <summary>For the next node: <c>pipelines</c>, which nobody has to ask for, <c>dot-netty</c>, or with <c>mixed</c> one after the
    /// other.</summary>
    public static NodeTransport Next => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or "pipelines" => NodeTransport.Pipelines,
        "dot-netty" => NodeTransport.DotNetty,
        "mixed" => Interlocked.Increment(ref _nodes) % 2 == 0 ? NodeTransport.Pipelines : NodeTransport.DotNetty,
        var other => throw new InvalidOperationException($"{Variable} = {other} is none of pipelines, dot-netty and mixed"),
    };

    /// <summary>Puts it into the configuration of an actor system, above everything else.</summary>
    public static Config Config => NodeTransports.For(Next, tls: null).Config;
}
