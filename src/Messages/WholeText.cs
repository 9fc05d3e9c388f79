using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AkkaLb.Messages;

/// <summary>Text as JSON has it, without the halves of surrogate pairs that System.Text.Json replaces by another character.</summary>
internal sealed class WholeStringConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(Whole(value));

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString()!;

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(Whole(value));

    /// <exception cref="JsonException">It holds half of a surrogate pair.</exception>
    private static string Whole(string text)
    {
        for (var i = FirstSurrogate(text, 0); i >= 0; i = FirstSurrogate(text, i + 2))
        {
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
            {
                throw new JsonException(string.Create(
                    CultureInfo.InvariantCulture, $"the text holds half of a surrogate pair (\\u{(int)text[i]:x4} at {i}), which JSON cannot carry"));
            }
        }

        return text;
    }

    private static int FirstSurrogate(string text, int from)
    {
        var found = from < text.Length ? text.AsSpan(from).IndexOfAnyInRange('\ud800', '\udfff') : -1;
        return found < 0 ? -1 : from + found;
    }
}

/// <summary>The same for a single character.</summary>
internal sealed class WholeCharConverter : JsonConverter<char>
{
    public override char Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => One(reader.GetString());

    public override void Write(Utf8JsonWriter writer, char value, JsonSerializerOptions options)
    {
        Span<char> text = [Whole(value)];
        writer.WriteStringValue(text);
    }

    public override char ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => One(reader.GetString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, char value, JsonSerializerOptions options)
    {
        Span<char> text = [Whole(value)];
        writer.WritePropertyName(text);
    }

    private static char One(string? text) => text is [var c] ? c : throw new JsonException("one character is expected");

    /// <exception cref="JsonException">It is half of a surrogate pair.</exception>
    private static char Whole(char c) => char.IsSurrogate(c)
        ? throw new JsonException(string.Create(
            CultureInfo.InvariantCulture, $"the character \\u{(int)c:x4} is half of a surrogate pair, which JSON cannot carry: use a string"))
        : c;
}
