namespace AkkaLb.Core.Balancing;

/// <summary>What became of a memory report.</summary>
public enum ReportOutcome
{
    /// <summary>It counts from now on.</summary>
    Applied,

    /// <summary>Its incarnation is not registered (yet): kept for a while, in case the registry's event is only behind.</summary>
    Held,

    /// <summary>A newer one of the same incarnation had come before it, and still counts.</summary>
    Outdated,

    /// <summary>As <see cref="Held"/>, but too many are kept already.</summary>
    Dropped,
}
