using System.Net;

namespace AkkaLb.Etcd;

/// <summary>Tries the addresses of one name side by side, each with a head start before the next: the first that answers is taken.</summary>
/// <remarks>RFC 8305, "Happy Eyeballs" (sections 4 and 5): an address that swallows everything costs one head start, not the whole time for
/// connecting.</remarks>
internal static class SideBySide
{
    /// <summary>The RFC's recommended connection attempt delay.</summary>
    public static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);

    /// <summary>How many addresses of a name are tried; what a name server says has no bound of its own.</summary>
    public const int AddressesMax = 16;

    /// <summary>The order to try them in: as the resolver sorted them, but the families take turns, so that a whole family that leads nowhere costs
    /// one head start. Each address once, at most <see cref="AddressesMax"/>.</summary>
    public static IReadOnlyList<IPAddress> Order(IReadOnlyCollection<IPAddress> resolved)
    {
        if (resolved.Count == 0)
        {
            return [];
        }

        var leading = resolved.First().AddressFamily;
        var others = new Queue<IPAddress>(resolved.Where(a => a.AddressFamily != leading).Distinct());
        var order = new List<IPAddress>();
        foreach (var address in resolved.Where(a => a.AddressFamily == leading).Distinct())
        {
            order.Add(address);
            if (others.TryDequeue(out var other))
            {
                order.Add(other);
            }
        }

        return [.. order.Concat(others).Take(AddressesMax)];
    }

    /// <summary>The head start of each: shorter where so many addresses have to share the time that the last would not get a turn in the first half
    /// of it.</summary>
    public static TimeSpan HeadStartFor(int addresses, TimeSpan timeout) =>
        timeout / (2 * Math.Max(1, addresses)) is var share && share < HeadStart ? share : HeadStart;

    /// <summary>Dials until one has answered; the others are given up then. An address that fails lets the next begin at once.</summary>
    /// <param name="dial">Must end when its token is cancelled.</param>
    /// <exception cref="NobodyAnsweredException">All have failed, or the token was cancelled before one had answered.</exception>
    public static async Task<T> FirstAsync<T>(
        IReadOnlyList<IPAddress> addresses,
        TimeSpan headStart,
        Func<IPAddress, CancellationToken, Task<T>> dial,
        TimeProvider time,
        CancellationToken cancellationToken)
        where T : class, IDisposable
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var dialing = new Dictionary<Task<T>, IPAddress>();
        var tried = new List<(IPAddress Address, Exception? Fault)>();
        try
        {
            while (tried.Count + dialing.Count < addresses.Count || dialing.Count > 0)
            {
                Task? headStartOver = null;
                if (tried.Count + dialing.Count < addresses.Count)
                {
                    var address = addresses[tried.Count + dialing.Count];
                    dialing.Add(dial(address, over.Token), address);
                    headStartOver = tried.Count + dialing.Count < addresses.Count ? Task.Delay(headStart, time, over.Token) : null;
                }

                var done = await Task.WhenAny(headStartOver is null ? dialing.Keys : dialing.Keys.Append(headStartOver)).ConfigureAwait(false);
                if (done is not Task<T> answer || !dialing.Remove(answer, out var who))
                {
                    continue;
                }

                try
                {
                    return await answer.ConfigureAwait(false);
                }
#pragma warning disable CA1031 // Whatever it was is told when all have failed.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    tried.Add((who, e is OperationCanceledException ? null : e));
                }

                if (cancellationToken.IsCancellationRequested)
                {
                    break;
                }
            }

            // One may have failed at the very moment in which time was up.
            tried.AddRange(dialing.Select(d => (d.Value, d.Key.Exception?.GetBaseException())));
            throw new NobodyAnsweredException(tried);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            foreach (var late in dialing.Keys)
            {
                _ = GiveUpAsync(late);
            }
        }
    }

    private static async Task GiveUpAsync<T>(Task<T> late)
        where T : class, IDisposable
    {
        await ((Task)late).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (late.IsCompletedSuccessfully)
        {
            (await late.ConfigureAwait(false)).Dispose();
        }
    }
}
