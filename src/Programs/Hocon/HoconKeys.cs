namespace AkkaLb.Programs.Hocon;

/// <summary>Passes a key, <c>name."quoted name".name</c>, and remembers the path it adds.</summary>
internal sealed class HoconKeys(HoconCursor cursor, HoconStrings strings, ProblemList problems)
{
    /// <summary>The longest name allowed; Akka's own longest, a type name, has about two hundred characters.</summary>
    public const int LengthMax = 1024;

    private readonly List<string> _path = [];

    /// <summary>How many names lead from the root to here.</summary>
    public int Depth => _path.Count;

    public string Path() => string.Join('.', _path);

    /// <summary>Forgets the names beyond a depth, when the value of their key has been passed.</summary>
    public void Leave(int depth) => _path.RemoveRange(depth, _path.Count - depth);

    /// <returns>False when this is no key; the problem is reported then.</returns>
    public bool Pass()
    {
        while (true)
        {
            if (!PassName()) return false;
            cursor.SkipBlanks();
            if (cursor.Current != '.') return true;
            cursor.Advance();
            cursor.SkipBlanks();
        }
    }

    private bool PassName()
    {
        var start = cursor.Position;
        if (cursor.Current == '"')
        {
            if (strings.AtTripleQuote) return Refuse(start, "a key cannot stand in three quotes; use one");
            return strings.PassQuoted() && Enter(start, cursor.From(start)[1..^1]);
        }
        cursor.SkipKeyName();
        var name = cursor.From(start).TrimEnd();
        if (!name.IsEmpty) return Enter(start, name);
        if (cursor.AtLineEnd || cursor.Current is '.' or '=' or ':' or '{')
        {
            return Refuse(start, "a name is missing beside this '.'; write name.name");
        }
        return Refuse(start, $"{Excerpt.Of(cursor.Current)} cannot stand in a key; put the key in double quotes, or remove it");
    }

    private bool Enter(int start, ReadOnlySpan<char> name)
    {
        if (name.Length > LengthMax)
        {
            return Refuse(start, $"a key of more than {LengthMax} characters; shorten it, or close what was left open before it");
        }
        _path.Add(name.ToString());
        return true;
    }

    private bool Refuse(int start, string message)
    {
        problems.Add(start, message);
        return false;
    }
}
