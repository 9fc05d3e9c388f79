using System.Text;
using System.Text.RegularExpressions;

namespace AkkaLb.Programs.Tests.Logs;

/// <summary>The string literals of a C# source text. Literals with only <c>+</c> between them are one; what changes in them (<c>{0}</c>,
/// <c>{name}</c>) becomes <c>{}</c>. Comments are passed over, raw literals count as empty.</summary>
/// <remarks>It knows as much of the language as this code base uses, and no more: it reads literals, not expressions.</remarks>
internal sealed partial class SourceTexts
{
    private readonly string _source;
    private readonly List<(int Start, int End, string Text)> _literals = [];

    public SourceTexts(string source)
    {
        _source = source;
        var at = 0;
        while (at < source.Length)
        {
            if (source.AsSpan(at).StartsWith("//"))
            {
                var end = source.IndexOf('\n', at);
                at = end < 0 ? source.Length : end;
            }
            else if (source[at] == '\'')
            {
                at = EndOfCharacter(at);
            }
            else if (Opening().Match(source, at) is { Success: true } opening && opening.Index == at)
            {
                var start = at;
                var text = ReadLiteral(ref at);
                Add(start, at, text);
            }
            else
            {
                at++;
            }
        }
    }

    public IEnumerable<string> All => _literals.Select(l => Plain(l.Text));

    /// <summary>The sentences among the arguments of the calls that a pattern finds; it ends with their opening bracket. A sentence has two words
    /// at least.</summary>
    public IEnumerable<string> InCalls(Regex call)
    {
        foreach (Match match in call.Matches(_source))
        {
            if (_literals.Any(l => l.Start <= match.Index && match.Index < l.End))
            {
                continue;
            }

            var (at, depth) = (match.Index + match.Length, 1);
            while (depth > 0 && at < _source.Length)
            {
                if (_literals.Find(l => l.Start == at) is { End: > 0 } literal)
                {
                    if (Words().IsMatch(Plain(literal.Text).Replace("{}", "", StringComparison.Ordinal)))
                    {
                        yield return Plain(literal.Text);
                    }

                    at = literal.End;
                    continue;
                }

                depth += _source[at] switch { '(' => 1, ')' => -1, _ => 0 };
                at = _source[at] == '\'' ? EndOfCharacter(at) : at + 1;
            }
        }
    }

    /// <summary>A text with <c>{}</c> for whatever stands in braces.</summary>
    public static string Plain(string text) => Hole().Replace(text, "{}").Trim();

    private void Add(int start, int end, string text)
    {
        if (_literals.Count > 0 && _literals[^1] is var last && _source[last.End..start].Trim() == "+")
        {
            _literals[^1] = (last.Start, end, last.Text + text);
        }
        else
        {
            _literals.Add((start, end, text));
        }
    }

    private int EndOfCharacter(int at)
    {
        at++;
        while (_source[at] != '\'')
        {
            at += _source[at] == '\\' ? 2 : 1;
        }

        return at + 1;
    }

    private string ReadLiteral(ref int at)
    {
        var quote = _source.IndexOf('"', at);
        var (isInterpolated, isVerbatim) = (_source[at..quote].Contains('$'), _source[at..quote].Contains('@'));
        if (_source.AsSpan(quote).StartsWith("\"\"\""))
        {
            var marks = _source.AsSpan(quote).IndexOfAnyExcept('"');
            at = _source.IndexOf(new string('"', marks), quote + marks, StringComparison.Ordinal) + marks;
            return "";
        }

        var text = new StringBuilder();
        for (at = quote + 1; ;)
        {
            var (c, next) = (_source[at], _source[at + 1]);
            if (c == '"' && !(isVerbatim && next == '"'))
            {
                at++;
                return text.ToString();
            }

            if (c == '"' || (c == '\\' && !isVerbatim) || (isInterpolated && c is '{' or '}' && next == c))
            {
                text.Append(next);
                at += 2;
            }
            else if (isInterpolated && c == '{')
            {
                SkipHole(ref at);
                text.Append("{}");
            }
            else
            {
                text.Append(c);
                at++;
            }
        }
    }

    private void SkipHole(ref int at)
    {
        var depth = 0;
        do
        {
            depth += _source[at] switch { '{' => 1, '}' => -1, _ => 0 };
            if (_source[at] == '\'')
            {
                at = EndOfCharacter(at);
            }
            else if (Opening().Match(_source, at) is { Success: true } opening && opening.Index == at)
            {
                ReadLiteral(ref at);
            }
            else
            {
                at++;
            }
        }
        while (depth > 0);
    }

    [GeneratedRegex(@"\G[$@]*""")]
    private static partial Regex Opening();

    [GeneratedRegex(@"\{[^{}]*\}")]
    private static partial Regex Hole();

    [GeneratedRegex(@"[A-Za-z]\S* +\S*[A-Za-z]")]
    private static partial Regex Words();
}
