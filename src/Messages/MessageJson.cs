using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace AkkaLb.Messages;

/// <summary>System.Text.Json set up so that a value which would not arrive as it was is refused when it is written.</summary>
internal static class MessageJson
{
    /// <param name="resolver">A source-generated context, whose options are kept, or another source of contracts; null: by reflection.</param>
    public static JsonSerializerOptions Options(IJsonTypeInfoResolver? resolver)
    {
        var options = resolver is JsonSerializerContext context
            ? new JsonSerializerOptions(context.Options)
            : new JsonSerializerOptions(JsonSerializerDefaults.General) { MaxDepth = 64 };
        var guard = new CollectionGuard();
        options.TypeInfoResolver = (resolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(info => Guard(info, guard));
        options.NumberHandling |= JsonNumberHandling.AllowNamedFloatingPointLiterals;
        // Behind the user's own converters: the first that fits is taken.
        options.Converters.Add(new WholeStringConverter());
        options.Converters.Add(new WholeCharConverter());
        options.MakeReadOnly();
        return options;
    }

    /// <summary>What of a context's options loses something, whatever the types are.</summary>
    public static IEnumerable<string> Problems(JsonSerializerOptions options)
    {
        if (options.ReferenceHandler == ReferenceHandler.IgnoreCycles)
        {
            yield return "the context's ReferenceHandler is IgnoreCycles, which drops what refers back: use Preserve, or none";
        }
    }

    /// <summary>Called for each contract once. The callback is called with each value that is written under it, wherever it stands.</summary>
    private static void Guard(JsonTypeInfo info, CollectionGuard collections)
    {
        var declared = info.Type;
        var next = info.OnSerializing;
        if (info.Kind == JsonTypeInfoKind.Object && !declared.IsValueType && !declared.IsSealed)
        {
            info.OnSerializing = value =>
            {
                if (value.GetType() != declared)
                {
                    var (found, named) = (MessageExamination.Name(value.GetType()), MessageExamination.Name(declared));
                    throw new JsonException(
                        $"it is a {found} where {named} is declared, and JSON would drop its own part: " +
                        $"mark {named} with [JsonDerivedType(typeof({found}), \"name\")]");
                }

                next?.Invoke(value);
            };
        }
        else if (info.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary && !declared.IsArray)
        {
            info.OnSerializing = value =>
            {
                collections.ThrowIfLossy(value);
                next?.Invoke(value);
            };
        }
    }

    /// <summary>What lists, sets and dictionaries hold beside their elements. Thread-safe.</summary>
    private sealed class CollectionGuard
    {
        private readonly ConcurrentDictionary<Type, Kept> _kept = new();

        /// <exception cref="JsonException">It has members or a comparer of its own.</exception>
        public void ThrowIfLossy(object value)
        {
            var kept = _kept.GetOrAdd(value.GetType(), static type => Kept.Of(type));
            if (kept.Member is { } member)
            {
                throw new JsonException(
                    $"its {member} would be lost, because JSON writes only the elements of a {MessageExamination.Name(value.GetType())}");
            }

            if (kept.Comparer?.GetValue(value) is { } comparer && !kept.Usual.Contains(comparer))
            {
                throw new JsonException(
                    $"the {MessageExamination.Name(value.GetType())} has a comparer of its own ({MessageExamination.Name(comparer.GetType())}), " +
                    "which JSON does not carry: send it with the default comparer, and use yours where it arrives");
            }
        }

        private sealed record Kept(string? Member, PropertyInfo? Comparer, object[] Usual)
        {
            public static Kept Of(Type type)
            {
                var member = MessageExamination.LostBesideElements(type);
                var comparer = type.GetProperty("Comparer") ?? type.GetProperty("KeyComparer");
                return comparer is { PropertyType.IsGenericType: true } && UsualComparers(comparer.PropertyType) is { } usual
                    ? new Kept(member, comparer, usual)
                    : new Kept(member, null, []);
            }

            private static object[]? UsualComparers(Type comparer)
            {
                var (kind, key) = (comparer.GetGenericTypeDefinition(), comparer.GetGenericArguments()[0]);
                return kind == typeof(IComparer<>) ? [DefaultOf(typeof(Comparer<>), key)]
                    : kind != typeof(IEqualityComparer<>) ? null
                    : key == typeof(string) ? [DefaultOf(typeof(EqualityComparer<>), key), StringComparer.Ordinal]
                    : [DefaultOf(typeof(EqualityComparer<>), key)];
            }

            private static object DefaultOf(Type comparers, Type key) =>
                comparers.MakeGenericType(key).GetProperty(nameof(Comparer<>.Default))!.GetValue(null)!;
        }
    }
}
