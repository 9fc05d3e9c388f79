namespace AkkaLb.Core.Policies;

/// <summary>What clients see of a worker: how long its answers take, and how a job ended last that did not end well. For people; no policy goes by
/// it.</summary>
/// <remarks>The mean m' = m + (s - m) / n, where s is the answer and n the number of answers, but <see cref="AnswersMax"/> at most: the newest count
/// most. A job that failed is no answer: a worker that fails at once would look like a fast one. A struct that lies within its candidate. <c>now</c>
/// is the balancer's clock.</remarks>
internal struct ClientSight
{
    /// <summary>Of so many answers it is the mean, about. Raised: steadier, and later to show that a worker has become slow.</summary>
    private const int AnswersMax = 32;

    /// <summary>Longer answers count as this, in seconds: what a client tells is bounded.</summary>
    private const double LongestSeconds = 3600;

    private int _answers;
    private double _seconds;
    private PickEnd? _trouble;
    private TimeSpan _troubleAt;

    /// <summary>From the sending of a job to its answer; null: no client has told of an answer.</summary>
    public readonly TimeSpan? AnswerTime => _answers == 0 ? null : TimeSpan.FromMicroseconds(Math.Round(_seconds * 1e6));

    /// <summary>Null: no client has told of any.</summary>
    public readonly MemberTrouble? Trouble(TimeSpan now) => _trouble is { } how ? new MemberTrouble(how, now - _troubleAt) : null;

    /// <summary>A client has told how a pick has ended.</summary>
    public void Ended(in EndedPick ended, TimeSpan now)
    {
        switch (ended.How)
        {
            case PickEnd.Done:
                _answers = Math.Min(_answers + 1, AnswersMax);
                _seconds += (Math.Clamp(ended.Took.TotalSeconds, 0, LongestSeconds) - _seconds) / _answers;
                break;
            case PickEnd.Failed or PickEnd.Unknown:
                (_trouble, _troubleAt) = (ended.How, now);
                break;
            default:
                break;
        }
    }
}
