namespace AkkaLb.Core.Machines;

/// <summary>What machines say of inputs that are none.</summary>
public static class Inputs
{
    /// <summary>For the last arm of a machine's switch over its inputs.</summary>
    public static ArgumentException Unknown(object input, string machine) => new($"{input?.GetType()} is no input of {machine}", nameof(input));
}
