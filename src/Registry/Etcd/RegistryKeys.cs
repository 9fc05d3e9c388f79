using AkkaLb.Core;
using Google.Protobuf;

namespace AkkaLb.Registry.Etcd;

/// <summary>Which keys AkkaLb uses in etcd: <c>{prefix}/workers/{id}</c> and <c>{prefix}/balancers/{id}</c>.</summary>
internal sealed class RegistryKeys
{
    private const int PrefixLengthMax = 256;

    public RegistryKeys(string prefix)
    {
        Workers = new KeyRange($"{prefix}/workers/");
        Balancers = new KeyRange($"{prefix}/balancers/");
    }

    public KeyRange Workers { get; }

    public KeyRange Balancers { get; }

    public static bool IsValidPrefix(string? prefix) =>
        prefix is { Length: > 1 and <= PrefixLengthMax } && prefix[0] == '/' && prefix[^1] != '/' && prefix.All(c => c is > ' ' and <= '~');
}

/// <summary>All keys that start with the same text, which ends in <c>/</c>.</summary>
internal sealed class KeyRange
{
    private readonly string _start;

    public KeyRange(string start)
    {
        _start = start;
        Start = ByteString.CopyFromUtf8(start);
        // The first key behind the range: the same text with its last byte raised by one, and '0' follows '/'.
        End = ByteString.CopyFromUtf8(start[..^1] + '0');
    }

    public ByteString Start { get; }

    public ByteString End { get; }

    /// <exception cref="ArgumentException">The id breaks the rule of <see cref="WorkerIds"/>.</exception>
    public ByteString KeyOf(string id) => WorkerIds.IsValid(id)
        ? ByteString.CopyFromUtf8(_start + id)
        : throw new ArgumentException($"'{id}' is no valid id: 1 to {WorkerIds.LengthMax} ASCII letters, digits, dots, underscores and hyphens", nameof(id));

    /// <summary>What follows the common start; the caller checks whether it is a valid id.</summary>
    public string IdOf(ByteString key) => key.ToStringUtf8()[_start.Length..];
}
