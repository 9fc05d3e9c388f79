using System.Text.Json;
using System.Text.Json.Serialization;

namespace AkkaLb.ClientNode.Commands;

/// <summary>What verbs print with <c>--json</c>: one object or list on a line.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static void Write<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, Options));
}
