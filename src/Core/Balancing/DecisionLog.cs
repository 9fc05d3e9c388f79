using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Balancing;

/// <summary>The last decisions of a balancer, with what it knew when it took them. A ring: the oldest are forgotten. Not thread-safe.</summary>
/// <remarks>A decision is written into a place that is there: nothing is allocated for it, and nothing is looked up. Of the others that could
/// have been picked it keeps a few, each time others: looking at all of thousands would take longer than to decide.</remarks>
public sealed class DecisionLog
{
    /// <summary>So many are kept. At about 300 bytes each.</summary>
    public const int KeptMax = 8192;

    private const int KeptFirst = 16;

    private Entry[] _ring = new Entry[KeptFirst];
    private long _next;

    /// <summary>Place of the last of <see cref="Decision.Others"/> that was kept.</summary>
    private int _from;

    /// <summary>How many there are.</summary>
    public int Count => (int)Math.Min(_next, _ring.Length);

    /// <summary>Notes who was picked.</summary>
    /// <returns>Its number, for <see cref="Ended"/>.</returns>
    internal long Picked(in DecisionContext context, Candidate picked, Candidate[] eligible, TimeSpan now)
    {
        ref var entry = ref Next(context, now);
        (entry.Rejection, entry.Picked, entry.Eligible) = (null, CandidateEntry.Of(picked), eligible.Length);
        (entry.ReportedAt, entry.IsHeldBack) = (picked.HasReport ? picked.ReportedAt : null, picked.IsHeldBack);
        var others = 0;
        for (var left = eligible.Length; left > 0 && others < Decision.OthersMax; left--)
        {
            _from = _from + 1 < eligible.Length ? _from + 1 : 0;
            if (eligible[_from] != picked)
            {
                entry.Others[others++] = CandidateEntry.Of(eligible[_from]);
            }
        }

        entry.OthersCount = others;
        return _next++;
    }

    /// <summary>Notes that nobody was picked.</summary>
    internal void Rejected(in DecisionContext context, AssignRejection why, int eligible, TimeSpan now)
    {
        ref var entry = ref Next(context, now);
        (entry.Rejection, entry.Picked, entry.Eligible, entry.OthersCount) = (why, default, eligible, 0);
        (entry.ReportedAt, entry.IsHeldBack) = (null, false);
        _next++;
    }

    /// <summary>Notes how a pick has ended, unless it is forgotten.</summary>
    internal void Ended(long number, in EndedPick ended)
    {
        if (number >= _next - _ring.Length && number < _next)
        {
            ref var entry = ref At(number);
            (entry.HasEnded, entry.End, entry.Took) = (true, ended.How, ended.Took);
            entry.Job = ended.Job != 0 ? ended.Job : entry.Job;
        }
    }

    /// <summary>Those of a client's job of this number, else of its question of this number; or of anybody.</summary>
    /// <param name="count">The latest, so many at most.</param>
    /// <returns>The latest last.</returns>
    internal List<Decision> Read(GetDecisions wanted, int count, TimeSpan now)
    {
        var found = new List<Decision>();
        if (wanted.Client == 0)
        {
            Collect((in Entry _) => true);
        }
        else
        {
            Collect((in Entry entry) => entry.Client == wanted.Client && entry.Job == wanted.Number && entry.Job != 0);
            if (found.Count == 0)
            {
                Collect((in Entry entry) => entry.Client == wanted.Client && entry.Request == wanted.Number);
            }
        }

        found.Reverse();
        return found;

        void Collect(EntryFilter isWanted)
        {
            for (var number = _next - 1; number >= Math.Max(0, _next - _ring.Length) && found.Count < count; number--)
            {
                if (isWanted(in At(number)))
                {
                    found.Add(At(number).ToDecision(now));
                }
            }
        }
    }

    private ref Entry Next(in DecisionContext context, TimeSpan now)
    {
        if (_next == _ring.Length && _ring.Length < KeptMax)
        {
            Array.Resize(ref _ring, 2 * _ring.Length);
        }

        ref var entry = ref At(_next);
        entry.At = now;
        entry.Origin = context.Origin;
        (entry.Client, entry.Request, entry.Job) = (context.Client, context.Request, context.Job);
        (entry.Workers, entry.LeftOut, entry.PassedOver) = (context.Workers, context.LeftOut, context.PassedOver);
        (entry.IsAhead, entry.Waited, entry.Waiting) = (context.IsAhead, context.Waited, context.Waiting);
        (entry.HasEnded, entry.Took) = (false, TimeSpan.Zero);
        return ref entry;
    }

    private ref Entry At(long number) => ref _ring[number & (_ring.Length - 1)];

    private delegate bool EntryFilter(in Entry entry);

    [InlineArray(Decision.OthersMax)]
    private struct Others
    {
        private CandidateEntry _first;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct CandidateEntry
    {
        // Its name and not itself: an entry must keep no worker that has gone.
        private string? _id;
        private int _places;
        private double _inFlight;
        private long _residentBytes;

        public static CandidateEntry Of(Candidate candidate) => new()
        {
            _id = candidate.Key.Id, _places = candidate.Places, _inFlight = candidate.InFlight,
            _residentBytes = candidate.HasReport ? candidate.ResidentBytes : -1,
        };

        public readonly CandidateSight? ToSight(TimeSpan? reportAge) => _id is null
            ? null
            : new CandidateSight(_id, _inFlight, _places, _residentBytes < 0 ? null : _residentBytes, reportAge);
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Entry
    {
        public TimeSpan At;
        public DecisionOrigin Origin;
        public long Client;
        public long Request;
        public long Job;
        public CandidateEntry Picked;
        public AssignRejection? Rejection;
        public Others Others;
        public int OthersCount;
        public int Eligible;
        public int Workers;
        public int LeftOut;
        public int PassedOver;
        public bool IsAhead;
        public bool IsHeldBack;
        public TimeSpan Waited;
        public int Waiting;
        public TimeSpan? ReportedAt;
        public bool HasEnded;
        public PickEnd End;
        public TimeSpan Took;

        public readonly Decision ToDecision(TimeSpan now)
        {
            var others = new List<CandidateSight>();
            for (var i = 0; i < OthersCount; i++)
            {
                others.Add(Others[i].ToSight(null)!);
            }

            return new Decision(
                now - At, Origin.Service, Origin.Policy, Client, Request, Job, Picked.ToSight(At - ReportedAt),
                Rejection?.Sentence ?? "", others, Eligible, Workers, LeftOut, PassedOver, IsHeldBack, IsAhead, Waited, Waiting,
                HasEnded ? End : null, Took);
        }
    }
}

/// <summary>What is known of a question when it is decided.</summary>
/// <param name="Origin">The same object for all decisions of a pool.</param>
internal readonly record struct DecisionContext(
    DecisionOrigin Origin, long Client, long Request, long Job, int Workers, int LeftOut, int PassedOver, bool IsAhead, TimeSpan Waited,
    int Waiting);

/// <summary>Where decisions are taken.</summary>
/// <param name="Service">Of which a worker is wanted.</param>
/// <param name="Policy">Of the service.</param>
internal sealed record DecisionOrigin(string Service, string Policy);
