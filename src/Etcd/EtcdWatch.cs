using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AkkaLb.Watching;
using Mvccpb;

namespace AkkaLb.Etcd;

/// <summary>Watches of keys that are kept alive across outages.</summary>
public static class EtcdWatch
{
    /// <summary>How many events wait for a slow consumer before the watch stops reading; etcd holds the rest.</summary>
    private const int EventsBufferedMax = 1024;

    /// <summary>Everything in the table's range first, then changes, without a gap. Outages are survived inside and told as
    /// <see cref="Watched{T}.Down"/>, later <see cref="Watched{T}.Up"/>.</summary>
    /// <remarks>Ends only by cancellation, or with <see cref="RegistryRefusedException"/>. When the enumeration ends, the stream in etcd is
    /// gone.</remarks>
    /// <param name="connection">Must outlive the watch.</param>
    /// <param name="table">What to watch; a new one, and the watch's own from now on.</param>
    /// <param name="random">Jitter of reconnections; used by this watch alone.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public static async IAsyncEnumerable<Watched<T>> WatchAsync<T>(
        EtcdConnection connection, KeyTable<T> table, Random random, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(random);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = Channel.CreateBounded<Watched<T>>(new BoundedChannelOptions(EventsBufferedMax) { SingleReader = true, SingleWriter = true });
        var run = new WatchLoop<T>(connection, table, random, events.Writer).RunToEndAsync(stop.Token);
        try
        {
            await foreach (var e in events.Reader.ReadAllAsync(stop.Token).ConfigureAwait(false))
            {
                yield return e;
            }
        }
        finally
        {
            // Also when the consumer leaves its loop: the stream in etcd is gone when this returns.
            await stop.CancelAsync().ConfigureAwait(false);
            await run.ConfigureAwait(false);
        }
    }

    /// <summary>The same for the keys of a range as they are, whatever they say.</summary>
    public static IAsyncEnumerable<Watched<KeyValue>> WatchAsync(
        EtcdConnection connection, EtcdKeyRange keys, Random random, CancellationToken cancellationToken) =>
        WatchAsync(connection, new KeyTable<KeyValue>(keys, Whole), random, cancellationToken);

    private static string? Whole(string id, KeyValue kv, out KeyValue? item)
    {
        item = kv;
        return null;
    }
}
