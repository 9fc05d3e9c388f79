using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json.Serialization.Metadata;
using Akka.Serialization;

namespace AkkaLb.Messages;

/// <summary>The closed list of a user's own message types: a short manifest for each, the same on both sides.</summary>
/// <remarks>Only listed types are written, and only listed manifests are read, so no peer can name a type to be created. Thread-safe.</remarks>
public sealed class UserMessages
{
    private readonly FrozenDictionary<string, JsonTypeInfo> _types;
    private readonly FrozenDictionary<Type, string> _manifests;

    /// <summary>Lists types, and examines each with all types below it for what JSON would lose.</summary>
    /// <param name="listed">A manifest and a type each.</param>
    /// <param name="resolver">A source-generated <see cref="System.Text.Json.Serialization.JsonSerializerContext"/>, whose options are used, or
    /// another source of contracts. Null: they are found by reflection.</param>
    /// <exception cref="UnfitMessagesException">With all mistakes at once: a manifest is empty or stands twice; a type stands twice, is abstract or
    /// is <see cref="object"/>; a member of one would not arrive as it was sent.</exception>
    public UserMessages(IEnumerable<KeyValuePair<string, Type>> listed, IJsonTypeInfoResolver? resolver = null)
        : this(Contracts(listed, resolver))
    {
    }

    private UserMessages(IReadOnlyCollection<KeyValuePair<string, JsonTypeInfo>> examined)
    {
        if (Doubles(examined.Select(x => KeyValuePair.Create(x.Key, x.Value.Type))).ToList() is [_, ..] problems)
        {
            throw new UnfitMessagesException(problems);
        }

        _types = examined.ToFrozenDictionary(StringComparer.Ordinal);
        _manifests = examined.ToFrozenDictionary(x => x.Value.Type, x => x.Key);
    }

    /// <summary>No user messages.</summary>
    public static UserMessages None { get; } = new([]);

    /// <summary>This list and another one.</summary>
    /// <exception cref="UnfitMessagesException">A manifest or a type stands on both.</exception>
    public UserMessages And(UserMessages other) => new([.. _types, .. other._types]);

    public IEnumerable<Type> Types => _manifests.Keys;

    public bool TryGetType(string manifest, out Type type)
    {
        var isListed = _types.TryGetValue(manifest, out var contract);
        type = contract?.Type!;
        return isListed;
    }

    public bool TryGetManifest(Type type, out string manifest) => _manifests.TryGetValue(type, out manifest!);

    internal bool TryGetContract(string manifest, out JsonTypeInfo contract) => _types.TryGetValue(manifest, out contract!);

    /// <summary>What an actor system needs to read and write these types: pass it to <c>ActorSystem.Create</c>.</summary>
    public SerializationSetup ToSetup() => SerializationSetup.Create(system => ImmutableHashSet.Create(
        SerializerDetails.Create("akkalb-user-json", new UserJsonSerializer(system, this), [.. Types])));

    private static List<KeyValuePair<string, JsonTypeInfo>> Contracts(IEnumerable<KeyValuePair<string, Type>> listed, IJsonTypeInfoResolver? resolver)
    {
        var all = listed.ToList();
        if (all.Count == 0)
        {
            return [];
        }

        var options = MessageJson.Options(resolver);
        var examination = new MessageExamination(options);
        foreach (var type in all.Select(x => x.Value).Distinct().Where(type => !IsNothingExactly(type)))
        {
            examination.Examine(type);
        }

        List<string> problems = [.. MessageJson.Problems(options), .. Doubles(all), .. examination.Problems];
        return problems.Count > 0
            ? throw new UnfitMessagesException(problems)
            : all.ConvertAll(x => KeyValuePair.Create(x.Key, options.GetTypeInfo(x.Value)));
    }

    private static IEnumerable<string> Doubles(IEnumerable<KeyValuePair<string, Type>> listed)
    {
        var manifests = new HashSet<string>(StringComparer.Ordinal);
        var types = new HashSet<Type>();
        foreach (var (manifest, type) in listed)
        {
            if (string.IsNullOrWhiteSpace(manifest) || !manifests.Add(manifest))
            {
                yield return $"message manifest \"{manifest}\" is empty or listed twice";
            }

            if (IsNothingExactly(type) || !types.Add(type))
            {
                yield return $"message type {type} (\"{manifest}\") is abstract, open, object or listed twice";
            }
        }
    }

    private static bool IsNothingExactly(Type type) => type.IsAbstract || type.ContainsGenericParameters || type == typeof(object);
}
