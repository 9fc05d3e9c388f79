namespace AkkaLb.Core.Gate;

/// <summary>The sizes of a gate.</summary>
public sealed record GateSettings
{
    /// <summary>How long an instance that ended before it was ever ready stays down: 1 second.</summary>
    /// <remarks>Without a pause a constructor that always throws would keep a processor busy. A longer one would keep jobs waiting
    /// after a passing trouble.</remarks>
    public static readonly TimeSpan RebuildDelay = TimeSpan.FromSeconds(1);

    /// <exception cref="ArgumentOutOfRangeException">A number below 1.</exception>
    public GateSettings(int capacity, int instances)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(instances, 1);
        Capacity = capacity;
        Instances = instances;
    }

    /// <summary>How many jobs are held at once, queued and running together; at least 1. More waits longer, less rejects sooner.</summary>
    public int Capacity { get; }

    /// <summary>How many jobs run at once; at least 1. More than <see cref="Capacity"/> is allowed and of no use.</summary>
    public int Instances { get; }
}
