using Google.Protobuf;

namespace AkkaLb.Etcd;

/// <summary>All keys that start with the same text, which ends in <c>/</c>.</summary>
public sealed class EtcdKeyRange
{
    private const int PrefixLengthMax = 256;

    private readonly string _start;

    /// <param name="start">The common start; its last character is <c>/</c>.</param>
    /// <exception cref="ArgumentException"><paramref name="start"/> does not end in <c>/</c>.</exception>
    public EtcdKeyRange(string start)
    {
        ArgumentException.ThrowIfNullOrEmpty(start);
        if (start[^1] != '/')
        {
            throw new ArgumentException($"'{start}' must end in '/'", nameof(start));
        }

        _start = start;
        Start = ByteString.CopyFromUtf8(start);
        // The first key behind the range: the same text with its last byte raised by one, and '0' follows '/'.
        End = ByteString.CopyFromUtf8(start[..^1] + '0');
    }

    /// <summary>The common start as a key.</summary>
    public ByteString Start { get; }

    /// <summary>The first key behind the range.</summary>
    public ByteString End { get; }

    /// <summary>Whether keys may begin with this text: <c>/</c>, then printable ASCII without blanks, no <c>/</c> at the end, at most 256
    /// characters.</summary>
    public static bool IsValidPrefix(string? prefix) =>
        prefix is { Length: > 1 and <= PrefixLengthMax } && prefix[0] == '/' && prefix[^1] != '/' && prefix.All(c => c is > ' ' and <= '~');

    /// <summary>The key of this name in the range. The caller knows which names are valid.</summary>
    public ByteString KeyOf(string name) => ByteString.CopyFromUtf8(_start + name);

    /// <summary>What follows the common start; the caller checks whether it is a valid name.</summary>
    public string IdOf(ByteString key) => key.ToStringUtf8()[_start.Length..];

    public override string ToString() => _start;
}
