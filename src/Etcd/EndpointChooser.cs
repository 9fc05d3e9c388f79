namespace AkkaLb.Etcd;

/// <summary>Which member to ask next: each in its turn, but those that have just failed come last.</summary>
/// <remarks>A frozen member, or one behind a silent network, keeps its connection: without a memory every third call would wait for it in vain.
/// When all have failed, the one that failed first is asked again, so that nobody is given up. Time is passed in. Thread-safe.</remarks>
/// <param name="count">How many members there are; at least 1.</param>
/// <param name="avoidFor">How long a member that failed is passed over while others are left.</param>
internal sealed class EndpointChooser(int count, TimeSpan avoidFor)
{
    private readonly Lock _lock = new();
    private readonly TimeSpan?[] _failedAt = new TimeSpan?[count];
    private int _turn;

    /// <summary>The index of the member to ask.</summary>
    public int Next(TimeSpan now)
    {
        lock (_lock)
        {
            var chosen = -1;
            for (var i = 0; i < count; i++)
            {
                var member = (_turn + i) % count;
                if (_failedAt[member] is not { } failedAt || now - failedAt >= avoidFor)
                {
                    chosen = member;
                    break;
                }

                if (chosen < 0 || failedAt < _failedAt[chosen])
                {
                    chosen = member;
                }
            }

            _turn = (chosen + 1) % count;
            return chosen;
        }
    }

    public void Succeeded(int member)
    {
        lock (_lock)
        {
            _failedAt[member] = null;
        }
    }

    public void Failed(int member, TimeSpan now)
    {
        lock (_lock)
        {
            _failedAt[member] = now;
        }
    }
}
