using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace AkkaLb.Etcd;

/// <summary>What our JSON values in etcd share: one bounded object, strict about types and ranges, unknown fields skipped.</summary>
/// <remarks>The first problem met is kept and ends the reading: later getters answer with a placeholder nobody uses.</remarks>
public sealed class JsonValue
{
    /// <summary>Upper bound of one value in bytes. Ours have about 200.</summary>
    public const int BytesMax = 4096;

    private readonly JsonElement _object;

    private JsonValue(JsonElement element) => _object = element;

    /// <summary>What is wrong with the value, fit for a log; null while nothing is.</summary>
    public string? Problem
    {
        get;
        private set => field = value is null ? null : LogText.Of(value);
    }

    /// <summary>Opens the document; whoever gets true disposes it.</summary>
    public static bool TryOpen(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document, [NotNullWhen(false)] out string? problem)
    {
        document = null;
        if (utf8.Length > BytesMax)
        {
            problem = $"it has {utf8.Length} bytes, more than {BytesMax}";
            return false;
        }

        try
        {
            document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            problem = LogText.Of($"it is not JSON: {e.Message}");
            return false;
        }
        catch (InvalidOperationException)
        {
            // Thrown where names are compared, for half a surrogate pair in one of them.
            problem = "it is not JSON: a name in it is no valid Unicode text";
            return false;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            problem = null;
            return true;
        }

        document.Dispose();
        document = null;
        problem = "it is not a JSON object";
        return false;
    }

    public static JsonValue Of(JsonDocument document) => new(document.RootElement);

    public string Text(string name, int lengthMax)
    {
        if (!TryGet(name, JsonValueKind.String, out var element))
        {
            return "";
        }

        try
        {
            var text = element.GetString()!;
            if (text.Length <= lengthMax && !text.Any(char.IsControl))
            {
                return text;
            }

            Problem = $"'{name}' is longer than {lengthMax} characters or holds control characters";
        }
        catch (InvalidOperationException)
        {
            // Thrown for bytes that are no UTF-8 and for half a surrogate pair, which the parser lets pass.
            Problem = $"'{name}' is no valid Unicode text";
        }

        return "";
    }

    public long Whole(string name, long min, long max)
    {
        if (!TryGet(name, JsonValueKind.Number, out var element))
        {
            return min;
        }

        if (element.TryGetInt64(out var number) && number >= min && number <= max)
        {
            return number;
        }

        Problem = $"'{name}' must be a whole number from {min} to {max}";
        return min;
    }

    /// <summary>Whether there is such a field, of whatever kind.</summary>
    public bool Has(string name) => _object.TryGetProperty(name, out _);

    /// <summary>An object of texts, names of at least one character.</summary>
    public IReadOnlyDictionary<string, string> Texts(string name, int countMax, int nameLengthMax, int lengthMax)
    {
        var texts = new Dictionary<string, string>();
        if (!TryGet(name, JsonValueKind.Object, out var element))
        {
            return texts;
        }

        var inner = new JsonValue(element);
        foreach (var key in element.EnumerateObject().Select(NameOf))
        {
            Require(key is { Length: > 0 } && key.Length <= nameLengthMax && !key.Any(char.IsControl),
                $"'{name}' has a name that is empty, too long or no text");
            Require(texts.Count < countMax, $"'{name}' has more than {countMax} entries");
            if (Problem is not null)
            {
                break;
            }

            texts[key!] = inner.Text(key!, lengthMax);
            Problem = inner.Problem is { } problem ? $"in '{name}': {problem}" : null;
        }

        return texts;
    }

    /// <summary>Notes a problem found by the caller, unless there is one already.</summary>
    public void Require(bool isGood, string problem) => Problem ??= isGood ? null : problem;

    /// <summary>Writes one object.</summary>
    /// <exception cref="ArgumentException">It is larger than anybody would read.</exception>
    public static byte[] Write(Action<Utf8JsonWriter> fields)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            fields(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenCount <= BytesMax
            ? buffer.WrittenSpan.ToArray()
            : throw new ArgumentException($"the registry value has {buffer.WrittenCount} bytes, more than {BytesMax}", nameof(fields));
    }

    private bool TryGet(string name, JsonValueKind kind, out JsonElement element)
    {
        element = default;
        if (Problem is not null)
        {
            return false;
        }

        if (!_object.TryGetProperty(name, out element))
        {
            Problem = $"'{name}' is missing";
        }
        else if (element.ValueKind != kind)
        {
            Problem = $"'{name}' must be a {Lower(kind)}, not {Lower(element.ValueKind)}";
        }

        return Problem is null;
    }

    /// <summary>Null for bytes that are no text.</summary>
    private static string? NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string Lower(JsonValueKind kind) => kind.ToString().ToLowerInvariant();
}
