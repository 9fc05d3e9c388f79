namespace AkkaLb.Core;

/// <summary>What an exception says, read once: those of users' code may throw from <c>Message</c>, <c>StackTrace</c> and <c>ToString</c>, or
/// return null.</summary>
/// <param name="Type">Full name of its type.</param>
/// <param name="Message">At most <see cref="MessageLengthMax"/> characters.</param>
/// <param name="Details">Type, message, causes and stack traces, at most <see cref="DetailsLengthMax"/> characters: for a log.</param>
public sealed record ExceptionText(string Type, string Message, string Details)
{
    public const int MessageLengthMax = 8000;
    public const int DetailsLengthMax = 16_000;

    /// <summary>Reads it; never throws.</summary>
    public static ExceptionText Of(Exception cause)
    {
        ArgumentNullException.ThrowIfNull(cause);
        var type = cause.GetType();
        var name = type.FullName ?? type.Name;
        return new ExceptionText(
            name,
            Read(() => cause.Message, nameof(Exception.Message), MessageLengthMax),
            Read(cause.ToString, nameof(ToString), DetailsLengthMax, name));
    }

    public override string ToString() => Message.Length == 0 ? Type : $"{Type}: {Message}";

    private static string Read(Func<string?> text, string member, int lengthMax, string prefix = "")
    {
        try
        {
            var read = text() ?? "";
            return read.Length <= lengthMax ? read : read[..(char.IsHighSurrogate(read[lengthMax - 1]) ? lengthMax - 1 : lengthMax)];
        }
        catch (Exception e)
        {
            // Nothing is asked of the second exception but its type.
            return $"{prefix}{(prefix.Length > 0 ? ": " : "")}its {member} cannot be read: it throws {e.GetType()}";
        }
    }
}
