namespace AkkaLb.Programs.Hocon;

/// <summary>The grammar: objects of fields and lists of values, by recursive descent of bounded depth.</summary>
/// <remarks>
/// After a problem the rest of its field is skipped, brackets matched, so that one mistake gives one problem. Every loop either moves on
/// or returns; nothing is passed more than twice. A text nested too deeply, or with too many problems, is given up.
/// </remarks>
internal sealed class HoconChecker
{
    private const int DepthMax = 100;

    private readonly string _text;
    private readonly ProblemList _problems;
    private readonly ProblemList _includes;
    private readonly HoconCursor _cursor;
    private readonly HoconStrings _strings;
    private readonly HoconKeys _keys;
    private readonly HoconValues _values;

    private int _openObjects;
    private int _openLists;
    private bool _isGivenUp;

    public HoconChecker(string text, ProblemList problems, ProblemList includes, SubstitutionSites sites)
    {
        _text = text;
        _problems = problems;
        _includes = includes;
        _cursor = new HoconCursor(text);
        _strings = new HoconStrings(_cursor, problems);
        _keys = new HoconKeys(_cursor, _strings, problems);
        _values = new HoconValues(_cursor, new HoconSubstitutions(_cursor, problems, sites), problems, this);
    }

    public string CurrentPath() => _keys.Path();

    public void CheckRoot()
    {
        if (_cursor.Current == '\uFEFF') _cursor.Advance();
        _cursor.SkipToToken();
        if (_cursor.Current == '[')
        {
            _problems.Add(_cursor.Position, "a configuration is an object, not a list; write key = [ ... ]");
            return;
        }
        if (_cursor.Current != '{')
        {
            PassFields(opener: null);
            return;
        }
        PassObject();
        _cursor.SkipToToken();
        // Akka stops reading here without a word.
        if (!_cursor.AtEnd) _problems.Add(_cursor.Position, "nothing may follow the '}' that closes the file; remove this, or a '}' before it");
    }

    /// <returns>False when it is not closed where it should be; what follows then belongs to something further out.</returns>
    public bool PassObject()
    {
        var opener = _cursor.Position;
        _cursor.Advance();
        _openObjects++;
        var isClosed = !IsTooDeep(opener) && PassFields(opener);
        _openObjects--;
        return isClosed;
    }

    /// <returns>As <see cref="PassObject"/>.</returns>
    public bool PassList()
    {
        var opener = _cursor.Position;
        _cursor.Advance();
        _openLists++;
        var isClosed = !IsTooDeep(opener) && PassElements(opener);
        _openLists--;
        return isClosed;
    }

    /// <summary>Skips what is left of a field or element after a problem, up to what separates or closes it.</summary>
    public void SkipRest()
    {
        while (!_cursor.AtLineEnd && !_cursor.AtComment && _cursor.Current is not (',' or '}' or ']'))
        {
            var isClosed = true;
            switch (_cursor.Current)
            {
                case '{':
                    isClosed = PassObject();
                    break;
                case '[':
                    isClosed = PassList();
                    break;
                case '"':
                    PassString();
                    break;
                default:
                    _cursor.Advance();
                    break;
            }
            if (!isClosed) return;
        }
    }

    /// <summary>Passes a string in a value; when it never ends, there is nothing left to check.</summary>
    public void PassString()
    {
        var isTriple = _strings.AtTripleQuote;
        if (!_strings.PassValue() && isTriple) GiveUp();
    }

    private bool PassFields(int? opener)
    {
        while (!_problems.IsFull && !_isGivenUp)
        {
            _cursor.SkipToToken();
            if (_cursor.AtEnd)
            {
                if (opener is { } unclosed) _problems.Add(unclosed, "this '{' is never closed; add the missing '}'");
                return false;
            }
            switch (_cursor.Current)
            {
                case '}' when opener is not null:
                    _cursor.Advance();
                    return true;
                case ']' when _openLists > 0:
                    _problems.Add(opener ?? _cursor.Position, "this '{' is not closed before the ']' that follows; add the missing '}'");
                    return false;
                case '}' or ']':
                    Refuse($"'{_cursor.Current}' closes nothing that is open; remove it, or add what should open it");
                    break;
                case ',':
                    Refuse("a comma may only follow a value, on the same line, and not the '}' of key { }; remove this one");
                    break;
                case '{' or '[':
                    _problems.Add(_cursor.Position, $"a key is missing before '{_cursor.Current}'; write key = {_cursor.Current} or remove it");
                    SkipRest();
                    break;
                case '=' or ':':
                    _problems.Add(_cursor.Position, $"a key is missing before '{_cursor.Current}'; write key {_cursor.Current} value");
                    SkipField();
                    break;
                default:
                    PassField();
                    break;
            }
        }
        return false;
    }

    private void PassField()
    {
        var start = _cursor.Position;
        if (TryPassInclude()) return;
        var outside = _keys.Depth;
        if (_keys.Pass()) PassAfterKey(start);
        else SkipField();
        _keys.Leave(outside);
    }

    private void PassAfterKey(int keyStart)
    {
        if (IsTooDeep(keyStart)) return;
        var keyEnd = _cursor.Position;
        _cursor.SkipToToken(); // A brace, or even a separator, may stand on a later line.
        switch (_cursor.Current)
        {
            case '{':
                PassObject();
                break;
            case '=' when _text[_cursor.Position - 1] == '+':
                _problems.Add(_cursor.Position - 1, "+= is not supported by Akka.NET: it would set a key named '+'; write = and the whole list");
                SkipField();
                break;
            case '=' or ':':
                _values.PassAfterSeparator();
                SkipComma();
                break;
            default:
                _cursor.Position = keyEnd;
                RefuseKeyAlone(keyStart);
                break;
        }
    }

    private void RefuseKeyAlone(int keyStart)
    {
        var key = _cursor.From(keyStart);
        var shown = Excerpt.Of(key);
        if (_cursor.AtLineEnd || _cursor.AtComment || _cursor.Current is '}' or ',' or ']')
        {
            var blank = key.TrimEnd().IndexOfAny(' ', '\t');
            var example = blank > 0 && key[0] != '"' ? $"{Excerpt.Of(key[..blank])} = {Excerpt.Of(key[blank..])}" : $"{shown} = value";
            _problems.Add(keyStart, $"no '=' or value for the key '{shown}'; write {example}");
        }
        else
        {
            var next = Excerpt.Of(_cursor.Current);
            _problems.Add(_cursor.Position, $"no '=' between the key '{shown}' and {next}; write {shown} = value, or quote the key");
        }
        SkipField();
    }

    // Akka takes it for an include only with blanks and a quoted name; otherwise it is a key like any other.
    private bool TryPassInclude()
    {
        var start = _cursor.Position;
        if (!_cursor.At("include")) return false;
        _cursor.Advance("include".Length);
        var blanks = _cursor.Position;
        _cursor.SkipBlanks();
        if (_cursor.Position > blanks && _cursor.Current == '"')
        {
            var name = _cursor.Position;
            if (!_strings.PassQuoted()) return true;
            _includes.Add(start, $"include {Excerpt.Of(_cursor.From(name))} is not followed; copy its settings into this file");
            return true;
        }
        _cursor.Position = start;
        return false;
    }

    private bool PassElements(int opener)
    {
        while (!_problems.IsFull && !_isGivenUp)
        {
            var before = _cursor.Position;
            _cursor.SkipToToken();
            if (_cursor.AtEnd)
            {
                _problems.Add(opener, "this '[' is never closed; add the missing ']'");
                return false;
            }
            switch (_cursor.Current)
            {
                case ']':
                    _cursor.Advance();
                    return true;
                case '}' when _openObjects > 0:
                    _problems.Add(opener, "this '[' is not closed before the '}' that follows; add the missing ']'");
                    return false;
                case '}':
                    Refuse("'}' closes nothing that is open; remove it, or add what should open it");
                    break;
                case ',':
                    Refuse("a comma may only follow a value, on the same line; remove this one, or move it up");
                    break;
                case '=' or ':':
                    _problems.Add(_cursor.Position, $"'{_cursor.Current}' in a list; put the value in double quotes, or {{ }} around key and value");
                    SkipField();
                    break;
                // A list left open runs into the next fields: blame the bracket, not each of them.
                case var _ when _cursor.From(before).Contains('\n') && _cursor.LooksLikeField("={"):
                    _problems.Add(opener, "this '[' is not closed before the next key; add the missing ']'");
                    return false;
                default:
                    _values.Pass();
                    SkipComma();
                    break;
            }
        }
        return false;
    }

    // Brackets bound the recursion here; Akka's recurses for each name of a key as well.
    private bool IsTooDeep(int offset)
    {
        if (_openObjects + _openLists <= DepthMax && _keys.Depth <= DepthMax) return false;
        _problems.Add(offset, $"more than {DepthMax} levels of brackets or of names in a path; nest less deeply");
        GiveUp();
        return true;
    }

    private void GiveUp()
    {
        _isGivenUp = true;
        _cursor.Position = _text.Length;
    }

    private void Refuse(string message)
    {
        _problems.Add(_cursor.Position, message);
        _cursor.Advance();
    }

    private void SkipField()
    {
        SkipRest();
        SkipComma();
    }

    private void SkipComma()
    {
        _cursor.SkipBlanks();
        if (_cursor.Current == ',') _cursor.Advance();
    }
}
