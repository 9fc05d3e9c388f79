namespace AkkaLb.Programs.Hocon;

/// <summary>The settings cannot be used. A program prints each problem as a line and exits with code 2.</summary>
public sealed class SettingsException : Exception
{
    public SettingsException(IReadOnlyList<string> problems)
        : base(string.Join(Environment.NewLine, problems)) => Problems = problems;

    public SettingsException(string problem)
        : this([problem])
    {
    }

    /// <summary>One line each, saying where, what is wrong and what to do; never empty.</summary>
    public IReadOnlyList<string> Problems { get; }
}
