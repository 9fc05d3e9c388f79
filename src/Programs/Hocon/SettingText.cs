using System.Diagnostics.CodeAnalysis;
using Akka.Configuration.Hocon;

namespace AkkaLb.Programs.Hocon;

/// <summary>Reads values strictly. Akka's own getters accept, round or turn into null what we would rather name as a mistake.</summary>
internal static class SettingText
{
    /// <summary>False for an object, a list and <c>null</c>.</summary>
    public static bool TryText(HoconValue value, [NotNullWhen(true)] out string? text)
    {
        text = !value.IsObject() && value.IsString() ? value.GetString() : null;
        return text is not null;
    }

    public static bool TryInt(HoconValue value, out long number)
    {
        number = 0;
        return TryText(value, out var text) && NumberText.TryWhole(text, out number);
    }

    public static bool TryFraction(HoconValue value, out double number)
    {
        number = 0;
        var isNumber = TryText(value, out var text) & NumberText.TryDecimal(text, out var exact);
        number = (double)exact;
        return isNumber;
    }

    public static bool TryBool(HoconValue value, out bool answer)
    {
        TryText(value, out var text);
        answer = text is "true" or "on";
        return answer || text is "false" or "off";
    }

    public static bool TryDuration(HoconValue value, out TimeSpan duration)
    {
        duration = default;
        return TryText(value, out var text) && DurationText.TryParse(text, out duration);
    }

    public static bool TryTextList(HoconValue value, out IReadOnlyList<string> texts)
    {
        texts = [];
        if (!IsList(value)) return false;
        var read = value.GetArray().Select(element => TryText(element, out var text) ? text : "").ToList();
        texts = read;
        return !read.Contains("");
    }

    public static bool TryTextMap(HoconValue value, out IReadOnlyDictionary<string, string> texts)
    {
        var read = new Dictionary<string, string>();
        texts = read;
        if (!value.IsObject()) return false;
        foreach (var (key, element) in value.GetObject().Items)
        {
            if (!TryText(element, out var text)) return false;
            read.Add(key, text);
        }
        return true;
    }

    /// <summary>A value as a message shows it.</summary>
    public static string Show(HoconValue value)
    {
        if (value.IsObject()) return "{ ... }";
        if (IsList(value)) return $"[{Excerpt.Of(string.Join(", ", value.GetArray().Select(Show)))}]";
        if (!TryText(value, out var text)) return "null";
        return text.Length == 0 ? "\"\"" : Excerpt.Of(text);
    }

    // HoconValue.IsArray is true of everything.
    private static bool IsList(HoconValue value) => value.Values.Count > 0 && !value.IsObject() && !value.IsString();
}
