namespace AkkaLb.Messages;

/// <summary>Message types that cannot be listed, because something of them would be lost on the way or nobody could tell them apart.</summary>
public sealed class UnfitMessagesException(IReadOnlyList<string> problems) : ArgumentException(string.Join("; ", problems))
{
    /// <summary>A sentence for each mistake, with the path of the member (<c>Order.Lines[].Price</c>) and how to mend it.</summary>
    public IReadOnlyList<string> Problems { get; } = problems;
}
