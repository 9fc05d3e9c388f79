using System.Diagnostics;
using AkkaLb.Processes.Harness;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>The rule by which the other tests here judge, with an allowance of 1 s and a recovery of 6 s. Times are in seconds.</summary>
public sealed class AssignmentWindowTests
{
    private static readonly AssignmentWindow Rule = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6));

    /// <summary>w is there from 2 to 4, and all is read every half second.</summary>
    private static readonly EtcdReading[] Readings = [.. Enumerable.Range(0, 40).Select(i => Read(i / 2.0, i is >= 4 and <= 8))];

    private static readonly EtcdReading[] OutFrom5To8 =
        [.. Readings.Select(r => r.BeganAt >= At(5) && r.BeganAt < At(8) ? r with { Workers = null } : r)];

    [Theory]
    [InlineData(0.2, false)]
    [InlineData(1.9, true)]
    [InlineData(3.0, true)]
    [InlineData(4.9, true)]
    [InlineData(5.7, false)]
    [InlineData(9.0, false)]
    public void Named_while_its_key_is_there_and_a_moment_after_and_at_no_other_time(double at, bool isAllowed) =>
        Assert.Equal(isAllowed, Judge(Readings, Named(at)).Count == 0);

    [Fact]
    public void Named_while_etcd_cannot_be_read_and_until_the_balancer_has_had_time_to_recover()
    {
        Assert.Empty(Judge(OutFrom5To8, Named(6), Named(12)));
        Assert.Single(Judge(OutFrom5To8, Named(16)));
    }

    [Fact]
    public void Only_what_was_named_while_etcd_could_be_reached_counts_as_judged()
    {
        Assert.Equal(2, Rule.Judge([Named(3), Named(7), Named(9), Named(16)], OutFrom5To8).Judged);
        Assert.Equal(0, Rule.Judge([Named(3) with { Worker = null }], Readings).Judged);
    }

    private static IReadOnlyList<string> Judge(IReadOnlyList<EtcdReading> readings, params Assignments.Answer[] answers) =>
        Rule.Judge(answers, readings).Violations;

    private static Assignments.Answer Named(double at) => new(At(at), At(at + 0.01), "w", null);

    private static EtcdReading Read(double at, bool isThere) => new(
        At(at), At(at + 0.1), 1, isThere ? new Dictionary<string, EtcdKey> { ["w"] = new(1, 1, 1) } : new Dictionary<string, EtcdKey>());

    private static long At(double seconds) => (long)((100 + seconds) * Stopwatch.Frequency);
}
