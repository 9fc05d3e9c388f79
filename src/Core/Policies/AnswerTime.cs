namespace AkkaLb.Core.Policies;

/// <summary>How long a worker takes to answer: a mean of its answers in which the newest count most, and which one slow answer raises at
/// once.</summary>
/// <remarks>
/// <para>The peak EWMA of Twitter's Finagle: m' = m e^(-dt/tau) + s (1 - e^(-dt/tau)), where s is the answer and dt the time since the one before;
/// but m' = s when s is larger. So trouble is believed at once and relief slowly.</para>
/// <para>A failed, rejected or lost job counts as a slow answer (<see cref="Penalty"/>), as in Linkerd's load biaser: else a worker that fails at
/// once would look like the fastest of all. A struct that lies within its candidate. <c>now</c> is the balancer's clock.</para>
/// </remarks>
internal struct AnswerTime
{
    /// <summary>The time constant tau: after it, an answer counts for 37 %. Raised: steadier, and later to believe that a worker
    /// is fast again.</summary>
    public static readonly TimeSpan Tau = TimeSpan.FromSeconds(10);

    /// <summary>What a job that was not done counts as, at least. Raised: a worker that fails is left alone for longer, and one
    /// chance failure costs more.</summary>
    public static readonly TimeSpan Penalty = TimeSpan.FromSeconds(5);

    /// <summary>Shorter answers count as this, in seconds: no worker is infinitely fast.</summary>
    private const double ShortestSeconds = 1e-6;

    /// <summary>Longer answers count as this, in seconds: what a client tells is bounded.</summary>
    private const double LongestSeconds = 3600;

    private TimeSpan _at;

    /// <summary>Whether it has ever answered; else the other numbers mean nothing.</summary>
    public readonly bool IsKnown => Seconds > 0;

    /// <summary>The mean at the last answer.</summary>
    public double Seconds { get; private set; }

    /// <summary>Natural logarithm of <see cref="Seconds"/>.</summary>
    public double Logarithm { get; private set; }

    /// <summary>What an answer counts as.</summary>
    /// <param name="ended">Of a pick that was used.</param>
    /// <param name="known">What the worker takes as far as is known, in seconds: a failure does not make it look faster.</param>
    public static double SecondsOf(in EndedPick ended, double known)
    {
        var atLeast = ended.How == PickEnd.Done ? ShortestSeconds : Math.Max(Penalty.TotalSeconds, known);
        return Math.Clamp(ended.Took.TotalSeconds, atLeast, LongestSeconds);
    }

    /// <summary>Takes an answer in; false when the pick tells nothing of the worker.</summary>
    public bool TryTake(in EndedPick ended, TimeSpan now)
    {
        if (!ended.IsOfTheWorker)
        {
            return false;
        }

        var sample = SecondsOf(ended, Seconds);
        var kept = Kept(now);
        Seconds = sample >= Seconds ? sample : (Seconds * kept) + (sample * (1 - kept));
        Logarithm = Math.Log(Seconds);
        _at = now;
        return true;
    }

    /// <summary>As it counts when the worker has had nothing to do since its last answer: what was learnt of it fades, and it goes to the mean of
    /// all.</summary>
    public readonly double FadedTo(double mean, TimeSpan now) => mean + ((Seconds - mean) * Kept(now));

    private readonly double Kept(TimeSpan now) => now > _at ? Math.Exp((_at - now) / Tau) : 1;
}
