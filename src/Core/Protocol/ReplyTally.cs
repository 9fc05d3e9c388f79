using System.IO.Hashing;

namespace AkkaLb.Core;

/// <summary>Counts the pieces of a reply: alike where they are sent and where they arrive.</summary>
/// <remarks>The credit is one of bytes, as in HTTP/2's flow control (RFC 9113, 5.2), so that small messages flow as well as large ones.</remarks>
public sealed class ReplyTally
{
    /// <summary>What every client takes without saying so: one piece, as it takes a <see cref="JobDone"/>.</summary>
    public const long FirstCredit = 1;

    /// <summary>What a client takes at once: 1 MiB, and what the last piece costs beyond it.</summary>
    public const long Window = 1 << 20;

    /// <summary>What a piece costs beside its bytes: messages without bytes need a bound too.</summary>
    private const int PieceCost = 256;

    private readonly XxHash3 _hash = new();
    private long _pieces;

    /// <summary>What all pieces have cost so far.</summary>
    public long Cost { get; private set; }

    /// <summary>The number of the piece that comes next.</summary>
    public long Next => _pieces + 1;

    /// <summary>What a <see cref="JobDone"/> says of the pieces so far.</summary>
    public ReplyEnd End => new(_pieces, _hash.GetCurrentHashAsUInt64());

    /// <summary>In credit: its bytes, and 256.</summary>
    public static long CostOf(Payload piece) => piece.Data.Length + PieceCost;

    /// <summary>The next piece was sent, or has come.</summary>
    public void Add(Payload piece)
    {
        _pieces++;
        Cost += CostOf(piece);
        _hash.Append(piece.Data.Span);
    }
}
