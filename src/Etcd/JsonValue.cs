using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaLb.Endpoints;

namespace AkkaLb.Etcd;

/// <summary>What our JSON values in etcd share: one bounded object, strict about types and ranges, unknown fields skipped.</summary>
public static class JsonValue
{
    /// <summary>Upper bound of one value in bytes. Ours have about 200.</summary>
    public const int BytesMax = 4096;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonTextConverter(512) },
    };

    /// <summary>Reads a record whose members say by <see cref="JsonTextAttribute"/> and <see cref="JsonWholeAttribute"/> what they may be; never
    /// throws.</summary>
    /// <param name="utf8">The value as etcd holds it.</param>
    /// <param name="value">The record when the answer is true. Texts that stand in a dictionary have at most 512 characters.</param>
    /// <param name="problem">The first thing that is wrong, fit for a log, when the answer is false.</param>
    public static bool TryRead<T>(ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? problem)
        where T : class
    {
        (value, problem) = (null, utf8.Length > BytesMax ? $"it has {utf8.Length} bytes, more than {BytesMax}" : null);
        try
        {
            if (problem is null)
            {
                using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
                problem = Read(document.RootElement, out value);
            }
        }
        catch (JsonException e)
        {
            problem = $"it is not JSON: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            // Thrown where names are compared, for half a surrogate pair in one of them.
            problem = "it is not JSON: a name in it is no valid Unicode text";
        }

        problem = problem is null ? null : LogText.Of(problem);
        return problem is null;
    }

    /// <summary>Writes a record: its members in order, without those that are null.</summary>
    /// <exception cref="ArgumentException">It is larger than anybody would read.</exception>
    public static byte[] Write<T>(T value)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, Options);
        return json.Length <= BytesMax
            ? json
            : throw new ArgumentException($"the registry value has {json.Length} bytes, more than {BytesMax}", nameof(value));
    }

    private static string? Read<T>(JsonElement element, out T? value)
        where T : class
    {
        value = null;
        if (element.ValueKind != JsonValueKind.Object)
        {
            return "it is not a JSON object";
        }

        try
        {
            value = element.Deserialize<T>(Options)!;
            return null;
        }
        catch (JsonException e) when (e.Path == "$")
        {
            var missing = Options.GetTypeInfo(typeof(T)).Properties.First(p => p.IsRequired && !element.TryGetProperty(p.Name, out _));
            return $"'{missing.Name}' is missing";
        }
        catch (JsonException e)
        {
            // Texts and numbers are refused in our words; in the runtime's, with the path at the end, only what should be a dictionary.
            var rule = e.Message.Contains("Path: ", StringComparison.Ordinal) ? "must be an object whose names are valid text" : e.Message;
            return $"'{e.Path?[2..]}' {rule}";
        }
    }

    internal static JsonException WrongKind(string wanted, JsonTokenType found) =>
        new($"must be a {wanted}, not {found.ToString().Replace("Start", "", StringComparison.Ordinal).ToLowerInvariant()}");
}

/// <summary>A text of at most <paramref name="lengthMax"/> characters, none of them a control character.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class JsonTextAttribute(int lengthMax) : JsonConverterAttribute
{
    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert) => new JsonTextConverter(lengthMax);
}

/// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>, both included.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class JsonWholeAttribute(long min, long max) : JsonConverterAttribute
{
    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert) => new JsonWholeConverter(min, max);
}

internal sealed class JsonTextConverter(int lengthMax) : JsonConverter<string>
{
    public override bool HandleNull => true;

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            var text = reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw JsonValue.WrongKind("string", reader.TokenType);
            return text.Length <= lengthMax && !text.Any(char.IsControl)
                ? text
                : throw new JsonException($"is longer than {lengthMax} characters or holds control characters");
        }
        catch (InvalidOperationException)
        {
            // Thrown for bytes that are no UTF-8 and for half a surrogate pair, which the parser lets pass.
            throw new JsonException("is no valid Unicode text");
        }
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}

internal sealed class JsonWholeConverter(long min, long max) : JsonConverter<long>
{
    public override bool HandleNull => true;

    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType != JsonTokenType.Number ? throw JsonValue.WrongKind("number", reader.TokenType)
        : reader.TryGetInt64(out var number) && number >= min && number <= max ? number
        : throw new JsonException($"must be a whole number from {min} to {max}");

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
}
