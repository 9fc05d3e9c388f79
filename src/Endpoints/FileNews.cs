namespace AkkaLb.Endpoints;

/// <summary>Files of certificates have changed.</summary>
/// <param name="Sentence">For the log: what was read, or why it cannot be used.</param>
/// <param name="IsTrouble">They cannot be used; what was read before stays in use.</param>
public sealed record FileNews(string Sentence, bool IsTrouble);
