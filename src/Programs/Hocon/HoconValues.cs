namespace AkkaLb.Programs.Hocon;

/// <summary>Passes a value: pieces side by side on a line, which Akka joins into one text, one list or one object.</summary>
internal sealed class HoconValues(
    HoconCursor cursor, HoconSubstitutions substitutions, ProblemList problems, HoconChecker checker)
{
    /// <summary>Passes a separator and the value after it, which may start on a later line.</summary>
    public void PassAfterSeparator()
    {
        var at = cursor.Position;
        var separator = cursor.Current;
        cursor.Advance();
        cursor.SkipBlanks();
        var isSlashes = cursor.At("//");
        if (cursor.AtLineEnd || cursor.AtComment)
        {
            cursor.SkipToToken();
            if (cursor.AtEnd || cursor.LooksLikeField("=:{") || cursor.Current is '}' or ']' or ',' or '=' or ':')
            {
                problems.Add(at, $"no value after '{separator}'; " +
                    (isSlashes ? "// starts a comment: put the value in double quotes" : "add one, or remove the key"));
                return;
            }
        }
        if (cursor.Current is '}' or ']' or ',' or '=' or ':')
        {
            problems.Add(at, $"no value after '{separator}'; add one, or remove the key");
            if (cursor.Current is '=' or ':') checker.SkipRest();
            return;
        }
        Pass();
    }

    /// <summary>Passes a value that starts here.</summary>
    public void Pass()
    {
        var joined = Piece.None;
        while (true)
        {
            cursor.SkipBlanks();
            if (cursor.AtLineEnd || cursor.AtComment || cursor.Current is ',' or '}' or ']') return;
            var start = cursor.Position;
            if (PassPiece() is not { } piece)
            {
                checker.SkipRest();
                return;
            }
            if (piece == Piece.Unclosed) return;
            if (Mismatch(joined, piece) is { } problem)
            {
                problems.Add(start, problem);
                checker.SkipRest();
                return;
            }
            joined = piece;
        }
    }

    private Piece? PassPiece()
    {
        switch (cursor.Current)
        {
            case '{':
                return checker.PassObject() ? Piece.Object : Piece.Unclosed;
            case '[':
                return checker.PassList() ? Piece.List : Piece.Unclosed;
            case '"':
                checker.PassString();
                return Piece.Text;
            case '$' when cursor.At("${"):
                substitutions.Pass(checker.CurrentPath);
                return Piece.Substitution;
        }
        var start = cursor.Position;
        cursor.SkipUnquoted();
        if (cursor.Position > start && cursor.Current is not ('=' or ':')) return Piece.Text;
        problems.Add(cursor.Position, Unquotable(cursor.Current));
        return null;
    }

    // Whatever else is joined, Akka keeps one of the two and drops the other without a word.
    private static string? Mismatch(Piece joined, Piece piece) => (joined, piece) switch
    {
        (Piece.None, _) => null,
        _ when joined == piece => null,
        (Piece.Substitution, Piece.Text or Piece.List) or (Piece.Text or Piece.List, Piece.Substitution) => null,
        (Piece.Substitution, Piece.Object) or (Piece.Object, Piece.Substitution) =>
            "Akka.NET cannot merge an object with ${...}, it would drop the latter; write the object in full",
        _ => "text, a list and an object cannot be joined; put a comma or a new line between two settings",
    };

    private static string Unquotable(char c) => c switch
    {
        ':' => "an unquoted value cannot hold ':'; put an address in double quotes, \"http://host:port\"",
        '=' => "a second '=' in one setting; put a new line or a comma before the next key, or quote the value",
        _ when char.IsWhiteSpace(c) => $"{Excerpt.Of(c)} is not a plain space; replace it, or quote the value",
        _ => $"an unquoted value cannot hold {Excerpt.Of(c)}; put the value in double quotes",
    };

    private enum Piece
    {
        None,
        Text,
        List,
        Object,
        Substitution,
        Unclosed,
    }
}
