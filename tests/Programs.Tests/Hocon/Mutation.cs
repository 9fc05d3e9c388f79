namespace AkkaLb.Programs.Tests.Hocon;

/// <summary>Small random damage to a text: characters left out, put in, doubled or moved, lines dropped.</summary>
internal static class Mutation
{
    private static readonly string[] Fragments =
        ["{", "}", "[", "]", "\"", "\"\"\"", "=", ":", ",", ".", "$", "${", "${akkalb.port}", "?", "#", "//",
         "\\", "\n", "\r\n", " ", "\t", "a", "+=", "include ", "\u00A0", "null", "*"];

    public static string Of(string text, Random random)
    {
        for (var count = random.Next(1, 4); count > 0; count--) text = Once(text, random);
        return text;
    }

    private static string Once(string text, Random random)
    {
        if (text.Length < 2) return text + Fragments[random.Next(Fragments.Length)];
        var at = random.Next(text.Length);
        var length = Math.Min(random.Next(1, 8), text.Length - at);
        return random.Next(4) switch
        {
            0 => text.Remove(at, 1),
            1 => text.Insert(at, Fragments[random.Next(Fragments.Length)]),
            2 => text.Insert(random.Next(text.Length), text.Substring(at, length)),
            _ => text.Remove(at, length),
        };
    }
}
