using System.Text;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Clusters;
using AkkaLb.Endpoints;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>Whoever may write to etcd may write anything: it is refused in one line of words, and what is not refused can be used.</summary>
public sealed class HostileValuesTests
{
    private const int Count = 30_000;
    private static readonly string Good = Encoding.UTF8.GetString(RegistryValue.Write(Worker("w1", incarnation: 7)));
    private static readonly string GoodCluster = Encoding.UTF8.GetString(
        ClusterValue.Write(new ClusterEntry(new NodeLife("akka.tcp://AkkaLb@127.0.0.1:4053", 1), 2, "round-robin")));

    [Theory]
    [InlineData("""{"\ud800":1,""")]
    [InlineData("""{"x":{"\udc00":1},""")]
    public void A_name_with_half_a_surrogate_pair_makes_a_value_unreadable(string start)
    {
        Assert.False(RegistryValue.TryParse("w1", Encoding.UTF8.GetBytes(start + Good[1..]), out _, out var problem));
        Assert.Equal("it is not JSON: a name in it is no valid Unicode text", problem);
    }

    [Fact]
    public void A_problem_quotes_no_control_characters()
    {
        var value = """{"\u001b[2J\r\nfatal: x":1,"\u001b[2J\r\nfatal: x":2}"""u8.ToArray();
        Assert.False(RegistryValue.TryParse("w1", value, out _, out var problem));
        Assert.Contains("\\u001b[2J\\u000d\\u000afatal: x", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_listed_value_of_a_worker_throws() => Assert.All(HostileValues.Listed(Good), ReadWorker);

    [Fact]
    public void No_damaged_value_of_a_worker_throws() => Assert.All(HostileValues.Damaged(Good, seed: 1, Count), ReadWorker);

    [Fact]
    public void No_listed_value_of_a_cluster_member_throws() => Assert.All(HostileValues.Listed(GoodCluster), ReadClusterMember);

    [Fact]
    public void No_damaged_value_of_a_cluster_member_throws() => Assert.All(HostileValues.Damaged(GoodCluster, seed: 2, Count), ReadClusterMember);

    private static void ReadWorker(byte[] value)
    {
        var isGood = RegistryValue.TryParse("w1", value, out var worker, out var problem);
        AssertSaid(isGood, problem);
        if (isGood)
        {
            // Akka throws for some paths: nobody but us may have to find that out.
            Assert.True(ActorPath.TryParse(worker!.Path, out var path));
            var (system, uid) = (worker.Path.Split("://")[1].Split('@')[0], worker.Path.Split('#')[1]);
            Assert.Equal((uid, system, "/user/worker"), ($"{path.Uid}", path.Address.System, path.ToStringWithoutAddress()));
            Assert.NotNull(path.Address.Port);
        }
    }

    private static void ReadClusterMember(byte[] value)
    {
        var isGood = ClusterValue.TryParse(value, out var entry, out var problem);
        AssertSaid(isGood, problem);
        if (isGood)
        {
            Assert.NotNull(Address.Parse(entry!.Node.Address).Port);
        }
    }

    private static void AssertSaid(bool isGood, string? problem)
    {
        Assert.Equal(isGood, problem is null);
        Assert.Equal(problem, problem is null ? null : LogText.Of(problem));
    }
}
