namespace AkkaLb.Core.Gate;

/// <summary>Why a worker cannot do jobs.</summary>
internal enum GateTrouble
{
    /// <summary>No instance can be created.</summary>
    Unbuilt,

    /// <summary>As many stopped instances as there are threads have not ended.</summary>
    Blocked,

    /// <summary>Jobs wait, and no instance is through with what it had.</summary>
    Stuck,

    /// <summary>Replies that were given up hold every place, because what makes them does not end.</summary>
    Lingering,
}
