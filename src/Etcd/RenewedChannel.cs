namespace AkkaLb.Etcd;

/// <summary>The channel to one member, which is replaced by a new one when every call on it has failed for a while.</summary>
/// <remarks>Whatever a channel may get stuck in below us, calls meet it for a bounded time. An old channel is disposed when its last user has left
/// it, or, should somebody never leave it, when the next one is given up: there are two at most. Time is passed in. Thread-safe.</remarks>
/// <param name="open">A new channel; must not block.</param>
/// <param name="renewAfter">From the first failure since the last success to the failure that has the channel replaced.</param>
internal sealed class RenewedChannel<T>(Func<T> open, TimeSpan renewAfter) : IDisposable
    where T : class, IDisposable
{
    private readonly Lock _lock = new();
    private Held _current = new(open());
    private Held? _old;
    private TimeSpan? _failingSince;

    /// <summary>Whoever takes it disposes what it gets.</summary>
    public Use Take()
    {
        lock (_lock)
        {
            _current.Users++;
            return new Use(this, _current);
        }
    }

    public void Dispose()
    {
        T? old;
        lock (_lock)
        {
            (old, _old) = (_old?.Channel, null);
        }

        old?.Dispose();
        _current.Channel.Dispose();
    }

    private void Succeeded(Held on)
    {
        lock (_lock)
        {
            _failingSince = on == _current ? null : _failingSince;
        }
    }

    private void Failed(Held on, TimeSpan now)
    {
        T? neverLeft;
        T? unused;
        lock (_lock)
        {
            if (on != _current)
            {
                return;
            }

            _failingSince ??= now;
            if (now - _failingSince < renewAfter)
            {
                return;
            }

            (neverLeft, _old) = (_old?.Channel, _current);
            (_current, _failingSince) = (new Held(open()), null);
            unused = TakeOldIfUnused();
        }

        neverLeft?.Dispose();
        unused?.Dispose();
    }

    private void Leave(Held held)
    {
        T? unused;
        lock (_lock)
        {
            held.Users--;
            unused = TakeOldIfUnused();
        }

        unused?.Dispose();
    }

    private T? TakeOldIfUnused()
    {
        if (_old is not { Users: 0 } old)
        {
            return null;
        }

        _old = null;
        return old.Channel;
    }

    internal sealed class Held(T channel)
    {
        public T Channel => channel;

        public int Users { get; set; }
    }

    /// <summary>One call or stream on a channel. How it went may also be said after it was disposed.</summary>
    public sealed class Use : IDisposable
    {
        private readonly RenewedChannel<T> _owner;
        private readonly Held _held;
        private int _isLeft;

        internal Use(RenewedChannel<T> owner, Held held) => (_owner, _held) = (owner, held);

        public T Channel => _held.Channel;

        public void Succeeded() => _owner.Succeeded(_held);

        public void Failed(TimeSpan now) => _owner.Failed(_held, now);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isLeft, 1) == 0)
            {
                _owner.Leave(_held);
            }
        }
    }
}
