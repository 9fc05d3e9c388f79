using AkkaLb.Bench.Lab.Engine;

namespace AkkaLb.Bench.Lab.Deciding;

/// <summary>The rules with perfect knowledge that policies are held against. The best of them is the limit: no balancer can know more, short of how
/// long each job will run.</summary>
internal static class Limits
{
    public const string CentralQueue = "central-queue";
    public const string ShortestDelay = "perfect-shortest-delay";
    public const string ShortestQueue = "perfect-jsq";

    /// <summary>In the order in which tables show them.</summary>
    public static IReadOnlyList<string> Names { get; } = [CentralQueue, ShortestDelay, ShortestQueue];

    /// <summary>Null: no limit has that name.</summary>
    public static IDispatcher? Of(string name, Random random) => name switch
    {
        CentralQueue => new CentralQueue(random),
        ShortestDelay => PerfectKnowledge.ShortestDelay(random),
        ShortestQueue => PerfectKnowledge.ShortestQueue(random),
        _ => null,
    };
}
