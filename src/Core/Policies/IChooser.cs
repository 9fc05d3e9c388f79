namespace AkkaLb.Core.Policies;

/// <summary>Names the next worker. It knows nothing of health, draining or the registry: eligibility is settled before it is asked.</summary>
/// <remarks>One instance per pool; not thread-safe. <see cref="Pick"/> allocates nothing, and when nobody is left out it takes at most
/// logarithmic time, or looks at a hundred workers at most. It counts nothing: a pick changes the candidate's load, of which the chooser hears as
/// of any other change.</remarks>
public interface IChooser
{
    /// <summary>Whether it looks at the jobs in flight: else nobody brings them up to date for it.</summary>
    bool MindsLoad => false;

    /// <summary>Whether it names only a worker that can begin at once, or nobody: then the request waits.</summary>
    bool Waits => false;

    /// <summary>Said before each <see cref="Pick"/> of one that <see cref="Waits"/>.</summary>
    /// <param name="waiting">How many requests want a place, the one that is asked for included: above 0, and of a part of the workers their
    /// share.</param>
    /// <param name="waited">How long that one has waited.</param>
    void Wait(double waiting, TimeSpan waited)
    {
    }

    /// <summary>Membership changed. A worker that leaves or drains afterwards stays in the array until the next call, and must not be
    /// picked.</summary>
    /// <param name="eligible">Up and registered, in registration order. The chooser keeps the array and does not change it.</param>
    void Rebuild(Candidate[] eligible);

    /// <summary>An eligible candidate's load has changed: it was picked, a job of its ended, or it has reported. It may be one that joined since the
    /// last <see cref="Rebuild"/>.</summary>
    void Changed(Candidate candidate)
    {
    }

    /// <summary>A client has told how a pick of this worker ended; the worker may have left. <see cref="Changed"/> comes behind it.</summary>
    void Ended(Candidate candidate, in EndedPick ended, TimeSpan now)
    {
    }

    /// <summary>The next worker, or null when it can name nobody outside <paramref name="leftOut"/>.</summary>
    Candidate? Pick(ReadOnlySpan<Candidate> leftOut, TimeSpan now);

    /// <summary>As <see cref="Pick"/>, for a job that has a key. Who does not go by keys pays no heed to it.</summary>
    /// <param name="key">At least one character.</param>
    /// <param name="weight">The load that the job is expected to be, in ordinary jobs.</param>
    Candidate? PickFor(string key, int weight, ReadOnlySpan<Candidate> leftOut, TimeSpan now) => Pick(leftOut, now);
}
