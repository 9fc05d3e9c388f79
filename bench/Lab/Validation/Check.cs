namespace AkkaLb.Bench.Lab.Validation;

/// <summary>A number of theory beside what the lab measures.</summary>
internal sealed record Check(string Name, double Theory, double Measured)
{
    private const double Tolerance = 0.02;

    /// <summary>Relative; 0.01 is one per cent too much.</summary>
    public double Deviation => (Measured / Theory) - 1;

    public bool IsWrong => Math.Abs(Deviation) > Tolerance;
}
