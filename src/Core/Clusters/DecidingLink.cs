namespace AkkaLb.Core.Clusters;

/// <summary>What a balancer that forwards knows of the one that decides: whether it was heard lately.</summary>
/// <remarks>It asks at an interval and believes an answer for a few intervals: one that is frozen or cut off counts as lost soon, whatever a
/// connection says, and whoever asks is told so at once instead of waiting in vain.</remarks>
/// <param name="silenceMax">How long an answer is believed: a few of the intervals at which the caller asks.</param>
public sealed class DecidingLink(TimeSpan silenceMax)
{
    /// <summary>How long nobody may decide before the operator is told: a takeover takes less.</summary>
    public static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(15);

    /// <summary>Time between two reminders.</summary>
    public static readonly TimeSpan TellEvery = TimeSpan.FromMinutes(1);

    private TimeSpan? _heardAt;
    private TimeSpan? _missedFrom;
    private TimeSpan? _toldAt;

    /// <summary>Term of the last answer; 0 before the first.</summary>
    public long Term { get; private set; }

    public bool IsKnown(TimeSpan now) => _heardAt is { } heardAt && now - heardAt < silenceMax;

    /// <summary>An answer came. One of an earlier term is late news of a balancer that has been followed by another; but when nobody is heard
    /// any more it is believed, since a registry restored from a backup counts from the start.</summary>
    /// <returns>Whether that is worth telling: the balancer is another than before, or it was told that nobody decides.</returns>
    public bool Heard(long term, TimeSpan now)
    {
        if (term < Term && IsKnown(now))
        {
            return false;
        }

        var isNews = term != Term || _toldAt is not null;
        (Term, _heardAt, _missedFrom, _toldAt) = (term, now, null, null);
        return isNews;
    }

    /// <summary>It said itself that it does not decide any more.</summary>
    public void Lost() => _heardAt = null;

    /// <summary>To be called with each question.</summary>
    /// <returns>How long nobody has decided, when it is time to tell the operator: after <see cref="TellAfter"/> and then every
    /// <see cref="TellEvery"/>. Otherwise null.</returns>
    public TimeSpan? Missed(TimeSpan now)
    {
        if (IsKnown(now))
        {
            return null;
        }

        var missed = now - (_missedFrom ??= now);
        if (missed < TellAfter || now - _toldAt < TellEvery)
        {
            return null;
        }

        _toldAt = now;
        return missed;
    }
}
