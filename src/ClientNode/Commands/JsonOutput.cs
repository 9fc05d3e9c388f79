using System.Text.Json;
using AkkaLb.Client;

namespace AkkaLb.ClientNode.Commands;

/// <summary>What verbs print with <c>--json</c>: one object or list on a line.</summary>
internal static class JsonOutput
{
    public static void Write<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, DecisionsJson.Options));
}
