namespace AkkaLb.Bench.Lab.Engine;

/// <summary>What a worker does with more jobs than it has slots.</summary>
internal enum Discipline
{
    /// <summary>They wait, first come first served; each job that runs has a slot to itself and runs at full speed.</summary>
    Fifo,

    /// <summary>All run at once and share the slots equally, as threads share cores: with n jobs each runs at min(1, slots / n) of full
    /// speed.</summary>
    Shared,
}
