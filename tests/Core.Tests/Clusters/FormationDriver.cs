using System.Globalization;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Tests.Clusters;

/// <summary>Short ways to hand an input to a formation. Answers come after what they answer: a read that is due is done first.</summary>
internal static class FormationDriver
{
    public static Told Start(this ClusterFormation formation, TimeSpan now) => formation.Tell(new FormationInput.Start(), now);

    public static Told Saw(this ClusterFormation formation, ClusterSight sight, IReadOnlySet<NodeLife> members, TimeSpan now) =>
        formation.Answer(new FormationInput.Saw(sight, members), now);

    public static Told LookFailed(this ClusterFormation formation, string problem, TimeSpan now) =>
        formation.Answer(new FormationInput.LookFailed(problem), now);

    public static Told OthersReach(this ClusterFormation formation, string who, TimeSpan now) =>
        formation.Tell(new FormationInput.OthersReach(who), now);

    public static Told Begun(this ClusterFormation formation, long generation) => formation.Answer(new FormationInput.Begun(generation), default);

    public static Told NotBegun(this ClusterFormation formation) => formation.Answer(new FormationInput.NotBegun(), default);

    public static Told BeginFailed(this ClusterFormation formation, string problem) =>
        formation.Answer(new FormationInput.BeginFailed(problem), default);

    public static Told CameUp(this ClusterFormation formation) => formation.Tell(new FormationInput.CameUp(), default);

    public static Told Announced(this ClusterFormation formation) => formation.Answer(new FormationInput.Announced(), default);

    public static Told AnnounceRefused(this ClusterFormation formation, TimeSpan now) =>
        formation.Answer(new FormationInput.AnnounceRefused(), now);

    public static Told AnnounceFailed(this ClusterFormation formation, string problem, TimeSpan now) =>
        formation.Answer(new FormationInput.AnnounceFailed(problem), now);

    public static Told LeaseLost(this ClusterFormation formation, string why) => formation.Tell(new FormationInput.LeaseLost(why), default);

    private static Told Answer(this ClusterFormation formation, object answer, TimeSpan now)
    {
        if (formation.NextDue is { } due)
        {
            formation.Handle(Tick.Instance, due, []);
        }

        return formation.Tell(answer, now);
    }

    private static Told Tell(this ClusterFormation formation, object input, TimeSpan now)
    {
        var (outbox, before) = (new List<FormationEffect>(), formation.LookAt);
        formation.Handle(input, now, outbox);
        return new Told(outbox, formation.LookAt is { } at && at != before ? at - now : null);
    }
}

/// <summary>What a formation asked for.</summary>
/// <param name="LookAfter">The pause before the next read that it asked for; null: it asked for none, or for one at once.</param>
internal sealed record Told(IReadOnlyList<FormationEffect> Effects, TimeSpan? LookAfter)
{
    public override string ToString() => string.Join(", ", Effects.Select(Text).Concat(
        LookAfter is { } after ? [string.Create(CultureInfo.InvariantCulture, $"look {after.TotalMilliseconds}")] : []));

    private static string Text(FormationEffect effect) => effect switch
    {
        FormationEffect.Look => "look 0",
        FormationEffect.Begin => "begin",
        FormationEffect.Renew e => $"renew {e.Seen}",
        FormationEffect.JoinSelf => "join self",
        FormationEffect.Join e => $"join {string.Join(' ', e.Addresses)}",
        FormationEffect.Announce e => $"announce {e.Generation}{(e.EndsForming ? " and end forming" : "")}",
        FormationEffect.Ready e => $"ready {e.Generation}",
        FormationEffect.AskOthers => "ask others",
        FormationEffect.Note e => $"{(e.IsTrouble ? "note" : "info")}: {e.Text}",
        FormationEffect.End e => $"end: {e.Sentence}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
