using System.Globalization;

namespace AkkaLb.Core.Clients;

/// <summary>The replies of a client's jobs that come in pieces: how much of them it takes, and what has come.</summary>
/// <remarks>A reply takes room before more than its first piece comes: its whole length, or a window's for a stream. Jobs wait for it in their
/// turn.</remarks>
/// <param name="room">For all replies together, in bytes; at least <see cref="ReplyTally.Window"/>.</param>
internal sealed class ReplyIntake(long room)
{
    /// <summary>A client says this often how much it takes, for a worker that wonders whether it is still there: 5 s.</summary>
    public static readonly TimeSpan RepeatInterval = TimeSpan.FromSeconds(5);

    private readonly SortedSet<PendingJob> _incoming = new(PendingJob.FirstInTurn);
    private readonly SortedSet<PendingJob> _waiting = new(PendingJob.FirstInTurn);
    private long _taken;
    private TimeSpan _repeatAt;

    public TimeSpan? NextDue => _incoming.Count > 0 ? _repeatAt : null;

    public bool IsEmpty => _incoming.Count + _waiting.Count == 0 && _taken == 0;

    /// <summary>Says so where a piece begins a reply that nobody has room for; null: it does not.</summary>
    public string? TooLarge(PendingJob job, ReplyPiece m) => (m.Length, job.ReplyBytesMax) switch
    {
        (_, 0) => null,
        var (length, max) when length > max => TooLarge(length, $"its caller takes at most {Number(max)}"),
        var (length, _) when length > room => TooLarge(
            length, $"all replies of this client may take {Number(room)} together (akkalb.client.replies-bytes-max)"),
        _ => null,
    };

    /// <summary>A piece has come.</summary>
    /// <param name="took">Gets the jobs of which more is taken now.</param>
    /// <returns>What is wrong with it; null: nothing.</returns>
    public string? Add(PendingJob job, ReplyPiece m, TimeSpan now, List<PendingJob> took)
    {
        if (job.Reply is not { } reply)
        {
            if (m.Length > 0 ? job.ReplyBytesMax == 0 : !job.WantsStream)
            {
                return "its reply came in pieces, which it does not take";
            }

            if (_incoming.Count == 0)
            {
                _repeatAt = now + RepeatInterval;
            }

            job.Reply = reply = new IncomingReply(m.Length);
            _incoming.Add(job);
        }

        if (reply.Add(m) is { } problem)
        {
            return problem;
        }

        if (!reply.HasRoom)
        {
            _waiting.Add(job);
            Admit(took);
        }
        else if (reply.Grant())
        {
            took.Add(job);
        }

        return null;
    }

    /// <summary>The caller of a stream has used up messages.</summary>
    /// <param name="cost">Of all that it has used, by <see cref="ReplyTally.CostOf"/>.</param>
    /// <returns>Whether more is taken now.</returns>
    public static bool Use(PendingJob job, long cost)
    {
        job.Reply?.Use(cost);
        return job.Reply is { HasRoom: true } reply && reply.Grant();
    }

    /// <summary>Nothing more of the job's reply is wanted.</summary>
    /// <param name="took">Gets the jobs that there is room for now.</param>
    public void Drop(PendingJob job, List<PendingJob> took)
    {
        if (job.Reply is not { } reply)
        {
            return;
        }

        job.Reply = null;
        _incoming.Remove(job);
        _waiting.Remove(job);
        _taken -= reply.HasRoom ? reply.Room : 0;
        Admit(took);
    }

    /// <summary>Those that say again now how much they take.</summary>
    public IReadOnlyList<PendingJob> Repeat(TimeSpan now)
    {
        if (_incoming.Count == 0 || now < _repeatAt)
        {
            return [];
        }

        _repeatAt = now + RepeatInterval;
        return [.. _incoming];
    }

    private static string TooLarge(int length, string bound) => $"its reply takes {Number(length)} bytes, and {bound}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void Admit(List<PendingJob> took)
    {
        while (_waiting.Min is { } job && job.Reply!.Room <= room - _taken)
        {
            _waiting.Remove(job);
            _taken += job.Reply.Room;
            job.Reply.Admit();
            took.Add(job);
        }
    }
}

/// <summary>One reply that comes in pieces.</summary>
/// <param name="length">Of the one message that it is, in bytes; 0: it is a stream of messages.</param>
internal sealed class IncomingReply(int length)
{
    private readonly ReplyTally _tally = new();
    private Payload _first = Payload.None;
    private byte[] _bytes = [];
    private int _filled;
    private long _used;

    public bool IsStream => length == 0;

    /// <summary>What it takes of the client's room, in bytes.</summary>
    public long Room => IsStream ? ReplyTally.Window : length;

    public bool HasRoom { get; private set; }

    /// <summary>See <see cref="TakeReply.UpTo"/>.</summary>
    public long UpTo { get; private set; } = ReplyTally.FirstCredit;

    /// <returns>What is wrong with the piece; null: nothing.</returns>
    public string? Add(ReplyPiece m)
    {
        if (m.Number != _tally.Next)
        {
            return $"piece {_tally.Next} of its reply is missing";
        }

        if (_tally.Cost >= UpTo)
        {
            return "more of its reply came than was asked for";
        }

        if (m.Number == 1 ? m.Length != length : m.Length != 0)
        {
            return "the pieces of its reply do not belong together";
        }

        _tally.Add(m.Piece);
        if (IsStream)
        {
            return null;
        }

        _used = _tally.Cost;
        if (m.Piece.Data.Length > length - _filled)
        {
            return "its reply is longer than was said";
        }

        if (m.Number == 1)
        {
            _first = m.Piece;
        }
        else
        {
            m.Piece.Data.CopyTo(_bytes.AsMemory(_filled));
        }

        _filled += m.Piece.Data.Length;
        return null;
    }

    public void Use(long cost) => _used = Math.Max(_used, Math.Min(cost, _tally.Cost));

    /// <summary>Takes more, when half of the last credit is used up.</summary>
    /// <returns>Whether it does.</returns>
    public bool Grant()
    {
        if (UpTo - _used > ReplyTally.Window / 2)
        {
            return false;
        }

        UpTo = _used + ReplyTally.Window;
        return true;
    }

    /// <summary>It has its room.</summary>
    public void Admit()
    {
        HasRoom = true;
        if (!IsStream)
        {
            _bytes = new byte[length];
            _first.Data.CopyTo(_bytes);
        }

        Grant();
    }

    /// <summary>The whole message; of a stream <see cref="Payload.None"/>. Null: something is missing, or is not what was sent.</summary>
    public Payload? Whole(ReplyEnd end)
    {
        if (end != _tally.End || (!IsStream && _filled != length))
        {
            return null;
        }

        return IsStream ? Payload.None : HasRoom ? _first with { Data = _bytes } : _first;
    }
}
