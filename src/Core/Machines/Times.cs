namespace AkkaLb.Core.Machines;

/// <summary>Of two times when something is due.</summary>
internal static class Times
{
    /// <summary>The sooner one; null: never.</summary>
    public static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b : a;
}
