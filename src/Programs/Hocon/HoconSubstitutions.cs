namespace AkkaLb.Programs.Hocon;

/// <summary>Passes <c>${path}</c> in a value, with the limits of Akka.NET: nothing optional, no quotes and no blanks inside.</summary>
internal sealed class HoconSubstitutions(HoconCursor cursor, ProblemList problems, SubstitutionSites sites)
{
    /// <param name="key">The full path of the key whose value this is.</param>
    public bool Pass(Func<string> key)
    {
        var start = cursor.Position;
        cursor.Advance("${".Length);
        if (cursor.Current == '?')
        {
            return Refuse(start, "${?...} is not supported: Akka.NET never returns from it; write ${...} with a key that is set, or a plain value");
        }
        var pathStart = cursor.Position;
        cursor.SkipUnquoted();
        var path = cursor.From(pathStart).ToString();
        if (cursor.Current == '}') return Accept(start, path, key);
        return cursor.Current switch
        {
            '"' => Refuse(start, "quotes inside ${...} are not supported by Akka.NET; name a key that needs none"),
            ' ' or '\t' => Refuse(start, "blanks inside ${...}; write ${path} without any, and close it with '}'"),
            _ => Refuse(start, "this ${ is never closed; add the missing '}' right after the path"),
        };
    }

    private bool Accept(int start, string path, Func<string> key)
    {
        cursor.Advance();
        // Akka loops on an empty path.
        if (path.Split('.').Any(string.IsNullOrEmpty)) problems.Add(start, $"${{{Excerpt.Of(path)}}} has an empty name; write ${{path.to.key}}");
        else if (path.Length > HoconKeys.LengthMax) problems.Add(start, $"longer than {HoconKeys.LengthMax} characters; shorten this path");
        else if (sites.IsFull) problems.Add(start, $"more than {SubstitutionSites.CountMax} substitutions; write the value itself");
        else sites.Add(start, key(), path);
        return true;
    }

    private bool Refuse(int start, string message)
    {
        problems.Add(start, message);
        while (!cursor.AtLineEnd && cursor.Current is not ('}' or ',' or ']' or '{')) cursor.Advance();
        if (cursor.Current == '}') cursor.Advance();
        return true;
    }
}
