using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>Finds what of a type System.Text.Json would lose without a word on the way to another node.</summary>
/// <remarks>
/// The state of an object is in its fields, so each field has to be carried: by a property that JSON writes and reads again. A property that only
/// computes has no field and needs no setter. Members marked <c>[JsonIgnore]</c>, fields marked <c>[NonSerialized]</c> and converters are the
/// author's own choice. Not thread-safe.
/// </remarks>
internal sealed class MessageExamination(JsonSerializerOptions options)
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Bounds of the walk: a generic type may nest itself without an end.</summary>
    private const int DepthMax = 64;
    private const int TypesMax = 10_000;
    private const int GenericDepthMax = 16;
    private const int ProblemsMax = 100;

    private readonly HashSet<Type> _seen = [];
    private readonly HashSet<Type> _opaque = [];
    private readonly List<string> _problems = [];
    private bool _isTooLarge;

    /// <summary>A sentence for each thing that would be lost, with the path of the member and how to mend it.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public void Examine(Type message)
    {
        if (message.IsAssignableTo(typeof(IMessage)))
        {
            Add($"{Name(message)} is a protobuf message: bind it to a serializer of yours in HOCON instead of listing it");
            return;
        }

        if (IsEndless(message))
        {
            AddTooLarge(Name(message));
            return;
        }

        Visit(message, Name(message), 0);
    }

    /// <summary>Whether generic types below it nest each other without an end, which System.Text.Json would follow until memory ends.</summary>
    private static bool IsEndless(Type message)
    {
        var seen = new HashSet<Type> { message };
        var open = new Queue<Type>(seen);
        while (open.TryDequeue(out var type))
        {
            if (GenericDepth(type) > GenericDepthMax || seen.Count > TypesMax)
            {
                return true;
            }

            IEnumerable<Type> below = type switch
            {
                { HasElementType: true } => [type.GetElementType()!],
                _ when IsFramework(type) => type.GetGenericArguments(),
                _ => Properties(type).Where(p => !IsLeftOut(p)).Select(p => p.PropertyType),
            };
            foreach (var next in below.Where(seen.Add))
            {
                open.Enqueue(next);
            }
        }

        return false;
    }

    private static int GenericDepth(Type type) =>
        type.HasElementType ? GenericDepth(type.GetElementType()!)
        : type.IsGenericType ? 1 + type.GetGenericArguments().Max(GenericDepth)
        : 0;

    /// <summary>A type's name as it is written in C#, without its namespace.</summary>
    public static string Name(Type type) => type switch
    {
        { IsArray: true } => $"{Name(type.GetElementType()!)}[]",
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ => type.Name,
    };

    /// <summary>What a list or dictionary of the user's holds beside its elements, which JSON does not write; null when there is nothing.</summary>
    public static string? LostBesideElements(Type collection)
    {
        for (var type = collection; type is not null && !IsFramework(type); type = type.BaseType)
        {
            foreach (var property in type.GetProperties(Declared).Where(p => p.GetIndexParameters().Length == 0 && !IsLeftOut(p)))
            {
                if (property.SetMethod is not null || type.GetField(BackingField(property.Name), Declared) is not null)
                {
                    return property.Name;
                }
            }

            if (type.GetFields(Declared).FirstOrDefault(f => f.IsPublic && !IsLeftOut(f)) is { } field)
            {
                return field.Name;
            }
        }

        return null;
    }

    private void Visit(Type type, string path, int depth)
    {
        if (depth > DepthMax || _seen.Count > TypesMax)
        {
            if (!_isTooLarge)
            {
                _isTooLarge = true;
                AddTooLarge(path);
            }

            return;
        }

        JsonTypeInfo info;
        try
        {
            info = options.GetTypeInfo(type);
        }
        catch (Exception e)
        {
            // Attributes and converters of the user's may throw anything while they are looked at.
            Add($"{path} cannot be written as JSON: {e.Message}");
            return;
        }

        foreach (var derived in info.PolymorphismOptions?.DerivedTypes ?? [])
        {
            if (derived.TypeDiscriminator is null && derived.DerivedType != type)
            {
                Add($"{path} would arrive as {Name(type)} where it is {Name(derived.DerivedType)}: " +
                    $"give it a name, [JsonDerivedType(typeof({Name(derived.DerivedType)}), \"name\")]");
            }
            else if (derived.DerivedType != type)
            {
                Visit(derived.DerivedType, $"{path}({Name(derived.DerivedType)})", depth + 1);
            }
        }

        switch (info.Kind)
        {
            case JsonTypeInfoKind.Object:
                VisitObject(info, path, depth);
                break;
            case JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary:
                VisitCollection(info, path, depth);
                break;
            default:
                VisitValue(info, path, depth);
                break;
        }
    }

    private void VisitValue(JsonTypeInfo info, string path, int depth)
    {
        if (!IsBuiltIn(info.Converter))
        {
            return;
        }

        if (info.Type == typeof(object))
        {
            Add($"{path} is declared as object, and JSON does not say what it is: declare its type, or a base type marked with [JsonDerivedType]");
        }
        else if (IsUnsupported(info))
        {
            Add($"{path} is a {Name(info.Type)}, which JSON cannot carry: send values that describe it, or mark it [JsonIgnore]");
        }
        else if (info.ElementType is { } element)
        {
            Visit(element, path, depth + 1);
        }
    }

    private void VisitCollection(JsonTypeInfo info, string path, int depth)
    {
        var type = info.Type;
        if (IsStack(type))
        {
            Add($"{path} is a {Name(type)}, which JSON turns upside down: use a list");
            return;
        }

        if (info.Kind == JsonTypeInfoKind.Dictionary)
        {
            if (!IsKey(info.KeyType!))
            {
                Add($"{path} has keys of the type {Name(info.KeyType!)}, and JSON has only text there: use simple keys, or a list of records");
                return;
            }

            if (options.DictionaryKeyPolicy is not null)
            {
                Add($"{path} is a dictionary, and the context's DictionaryKeyPolicy would change its keys: take the policy out");
                return;
            }
        }

        if (!_seen.Add(type))
        {
            if (_opaque.Contains(type))
            {
                AddUnreadable(type, path);
            }

            return;
        }

        if (LostBesideElements(type) is { } lost)
        {
            Add($"{path}.{lost} would be lost, because JSON writes only the elements of a {Name(type)}: " +
                "use a record with a list, or mark it [JsonIgnore]");
        }

        if (!type.IsArray && !CanRead(info))
        {
            _opaque.Add(type);
            AddUnreadable(type, path);
        }

        Visit(info.ElementType!, $"{path}[]", depth + 1);
    }

    private void AddUnreadable(Type type, string path) =>
        Add($"{path} is a {Name(type)}, which JSON can write but not read: use an array, a List or a Dictionary");

    private static bool CanRead(JsonTypeInfo info)
    {
        try
        {
            JsonSerializer.Deserialize(info.Kind == JsonTypeInfoKind.Dictionary ? "{}"u8 : "[]"u8, info);
            return true;
        }
        catch (NotSupportedException)
        {
            return false;
        }
        catch (Exception)
        {
            // It is the elements' trouble, which is found there, or that of a constructor that does not like to be empty.
            return true;
        }
    }

    private void VisitObject(JsonTypeInfo info, string path, int depth)
    {
        var type = info.Type;
        if (type.IsAssignableTo(typeof(ITuple)) && type.IsValueType)
        {
            if (!options.IncludeFields)
            {
                Add($"{path} is a value tuple, whose parts JSON drops: make it a record");
                return;
            }
        }
        else if (type.IsAbstract && info.PolymorphismOptions is null)
        {
            Add(type.IsAssignableTo(typeof(Akka.Actor.IActorRef))
                ? $"{path} is a reference to an actor, which JSON cannot carry: send its path as text"
                : $"{path} is declared as {Name(type)}, which is {(type.IsInterface ? "an interface" : "abstract")}, " +
                    $"and JSON does not say what it is: mark {Name(type)} with [JsonDerivedType(typeof(...), \"name\")], or declare what it is");
            return;
        }

        if (_opaque.Contains(type))
        {
            AddOpaque(type, path);
            return;
        }

        if (!_seen.Add(type))
        {
            return;
        }

        var lost = LostMembers(info, path).ToList();
        if (lost.Count > 0 && IsFramework(type))
        {
            _opaque.Add(type);
            AddOpaque(type, path);
            return;
        }

        lost.ForEach(Add);
        foreach (var property in info.Properties.Where(p => p is { Get: not null, CustomConverter: null }))
        {
            var memberPath = $"{path}.{MemberOf(property)?.Name ?? property.Name}";
            if (IsCarried(property))
            {
                Visit(property.PropertyType, memberPath, depth + 1);
            }
            else if (IsUnsupported(property))
            {
                Add($"{memberPath} is a {Name(property.PropertyType)}, which JSON cannot write: mark it [JsonIgnore]");
            }
        }
    }

    private void AddOpaque(Type type, string path) =>
        Add($"{path} is a {Name(type)}, which does not arrive as it was: send its values in a record of your own, or mark it [JsonIgnore]");

    /// <summary>The state of an object that JSON does not carry, its base types' included.</summary>
    private IEnumerable<string> LostMembers(JsonTypeInfo info, string path)
    {
        var carried = info.Properties.Where(IsCarried).Select(MemberOf).OfType<MemberInfo>().ToList();
        if (!info.Type.IsAbstract)
        {
            if (info.CreateObject is null && info.ConstructorAttributeProvider is null)
            {
                yield return $"{path} ({Name(info.Type)}) has no constructor that JSON can use: make one public, or mark one [JsonConstructor]";
            }

            foreach (var parameter in UnboundParameters(info))
            {
                yield return $"{path} has the constructor parameter {parameter}, and no property of that name and type: JSON cannot fill it";
            }
        }

        var kept = new List<FieldInfo>();
        for (var type = info.Type; type is not null && type != typeof(object) && type != typeof(ValueType); type = type.BaseType)
        {
            foreach (var field in type.GetFields(Declared).Where(f => !IsLeftOut(f)))
            {
                if (AutoProperty(field) is { } property)
                {
                    if (!IsLeftOut(property) && !carried.Exists(c => IsSame(c, property)))
                    {
                        yield return $"{path}.{property.Name} {Why(info, property)}";
                    }
                }
                else if (field.IsPublic)
                {
                    if (!carried.Exists(c => IsSame(c, field)))
                    {
                        yield return $"{path}.{field.Name} is a field, and JSON carries properties: " +
                            $"make it a property with a getter and `init`, or mark it {(field.IsInitOnly ? "[JsonIgnore]" : "[JsonInclude]")}";
                    }
                }
                else if (!carried.Exists(c => IsSame(c, field)))
                {
                    kept.Add(field);
                }
            }
        }

        foreach (var problem in LostFields(info, path, kept, carried))
        {
            yield return problem;
        }
    }

    /// <summary>Of the fields that were written by hand, those behind which no property stands.</summary>
    /// <remarks>Names tell most of the time; of the rest as many may be lost as there are no carried properties left.</remarks>
    private static IEnumerable<string> LostFields(JsonTypeInfo info, string path, List<FieldInfo> fields, List<MemberInfo> carried)
    {
        var rest = new List<FieldInfo>();
        var free = carried.OfType<PropertyInfo>().Where(p => p.DeclaringType!.GetField(BackingField(p.Name), Declared) is null).ToList();
        foreach (var field in fields)
        {
            var name = PlainName(field.Name);
            var property = Properties(info.Type).FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                rest.Add(field);
            }
            else if (free.RemoveAll(p => IsSame(p, property)) == 0 && !IsLeftOut(property) && !carried.Exists(c => IsSame(c, property)))
            {
                yield return $"{path}.{property.Name} {Why(info, property)}";
            }
        }

        foreach (var field in rest.Count > free.Count ? rest : [])
        {
            yield return $"{path} keeps {field.Name}, which no property carries: " +
                "give it a property with a getter and `init`, or mark the field [JsonIgnore] when it need not travel";
        }
    }

    private static string Why(JsonTypeInfo info, PropertyInfo property)
    {
        if (info.Properties.Any(p => MemberOf(p) is { } m && m.Name == property.Name && !IsSame(m, property)))
        {
            return "is hidden by a member of the same name, and JSON carries only that one: give one of them another name";
        }

        if (property.GetMethod is not { IsPublic: true })
        {
            return "has no public getter: make it public, mark it [JsonInclude], or mark it [JsonIgnore] when it need not travel";
        }

        var isTaken = info.Type.GetConstructors()
            .SelectMany(c => c.GetParameters())
            .Any(p => string.Equals(p.Name, property.Name, StringComparison.OrdinalIgnoreCase) && p.ParameterType == property.PropertyType);
        return isTaken
            ? "has no public setter, and JSON calls another constructor than the one that takes it: mark that one [JsonConstructor]"
            : "has no public setter: make it `init`, or add a constructor parameter of that name, or mark it [JsonIgnore] when it need not travel";
    }

    private static IEnumerable<string> UnboundParameters(JsonTypeInfo info) =>
        (info.ConstructorAttributeProvider as ConstructorInfo)?.GetParameters().Select(p => p.Name ?? "").Except(
            info.Properties.Select(p => p.AssociatedParameter).Where(p => p is { IsMemberInitializer: false }).Select(p => p!.Name)) ?? [];

    /// <summary>Whether a property is written and read again.</summary>
    private bool IsCarried(JsonPropertyInfo property) => property.Get is not null
        && (property.Set is not null || ((property.AssociatedParameter is not null || IsFilled(property)) && !options.IgnoreReadOnlyProperties));

    /// <summary>Whether elements are added to the collection that the constructor made.</summary>
    private bool IsFilled(JsonPropertyInfo property) => JsonObjectCreationHandling.Populate == (property.ObjectCreationHandling
            ?? options.GetTypeInfo(property.DeclaringType).PreferredPropertyObjectCreationHandling
            ?? options.PreferredObjectCreationHandling)
        && options.GetTypeInfo(property.PropertyType).Kind != JsonTypeInfoKind.None;

    private bool IsUnsupported(JsonPropertyInfo property)
    {
        try
        {
            return property.ShouldSerialize is null && IsUnsupported(options.GetTypeInfo(property.PropertyType));
        }
        catch (Exception)
        {
            return true;
        }
    }

    /// <summary>Converters of System.Text.Json for what it refuses, such as types, delegates and pointers; they are not public.</summary>
    private static bool IsUnsupported(JsonTypeInfo info) =>
        IsBuiltIn(info.Converter) && info.Converter.GetType().Name.StartsWith("UnsupportedTypeConverter", StringComparison.Ordinal);

    private static bool IsBuiltIn(JsonConverter converter) =>
        converter.GetType().Assembly == typeof(JsonSerializer).Assembly || converter is WholeStringConverter or WholeCharConverter;

    private bool IsKey(Type type) => type.IsEnum
        || (type.IsPrimitive && type != typeof(nint) && type != typeof(nuint))
        || type == typeof(string) || type == typeof(decimal) || type == typeof(Guid) || type == typeof(Uri) || type == typeof(Version)
        || type == typeof(DateTime) || type == typeof(DateTimeOffset)
        || type == typeof(DateOnly) || type == typeof(TimeOnly) || type == typeof(TimeSpan)
        || type == typeof(Half) || type == typeof(Int128) || type == typeof(UInt128)
        || !IsBuiltIn(options.GetTypeInfo(type).Converter);

    private static bool IsStack(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.IsGenericType && t.GetGenericTypeDefinition() is { } g && (g == typeof(Stack<>)
                || g == typeof(System.Collections.Concurrent.ConcurrentStack<>)
                || g == typeof(System.Collections.Immutable.ImmutableStack<>)
                || g == typeof(System.Collections.Immutable.IImmutableStack<>)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsFramework(Type type) => type.Assembly.GetName().Name is { } name
        && (name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.", StringComparison.Ordinal));

    private static bool IsLeftOut(MemberInfo member) =>
        member.IsDefined(typeof(NonSerializedAttribute))
        || member.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: not JsonIgnoreCondition.Never };

    private static IEnumerable<PropertyInfo> Properties(Type? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            foreach (var property in type.GetProperties(Declared).Where(p => p.GetIndexParameters().Length == 0))
            {
                yield return property;
            }
        }
    }

    private static PropertyInfo? AutoProperty(FieldInfo field) =>
        field.Name.StartsWith('<') && field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
            ? field.DeclaringType!.GetProperty(PlainName(field.Name), Declared)
            : null;

    private static string BackingField(string property) => $"<{property}>k__BackingField";

    /// <summary>What a field's property would be called: <c>_total</c>, <c>m_total</c>, and what the compiler makes of a parameter.</summary>
    private static string PlainName(string field) => field switch
    {
        ['<', .. var rest] => rest.Split('>')[0],
        ['m', '_', .. var rest] => rest,
        _ => field.TrimStart('_'),
    };

    private static MemberInfo? MemberOf(JsonPropertyInfo property) => property.AttributeProvider as MemberInfo
        // Contexts that an older compiler generated do not tell.
        ?? Properties(property.DeclaringType).FirstOrDefault(p => string.Equals(p.Name, property.Name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The same member, an override being the same as what it overrides.</summary>
    private static bool IsSame(MemberInfo a, MemberInfo b) => a switch
    {
        PropertyInfo p when b is PropertyInfo q => Accessor(p)?.GetBaseDefinition() == Accessor(q)?.GetBaseDefinition(),
        _ => a.HasSameMetadataDefinitionAs(b),
    };

    private static MethodInfo? Accessor(PropertyInfo property) => property.GetMethod ?? property.SetMethod;

    private void AddTooLarge(string path) => Add(
        $"{path} nests too many types to be examined: at most {DepthMax} deep, {GenericDepthMax} generic ones in each other, and {TypesMax} in all");

    private void Add(string problem)
    {
        if (_problems.Count < ProblemsMax)
        {
            _problems.Add(problem);
        }
    }
}
