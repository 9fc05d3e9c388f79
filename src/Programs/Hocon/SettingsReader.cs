using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace AkkaLb.Programs.Hocon;

/// <summary>Reads settings that <see cref="SettingsSchema.Check"/> has passed.</summary>
/// <remarks>There are no defaults here: those live in <c>hocon/</c>. A missing or malformed value throws <see cref="SettingsException"/>.</remarks>
public static class SettingsReader
{
    private delegate bool Reader<T>(HoconValue value, out T result);

    public static string ReadText(this Config config, string path) =>
        Read<string>(config, path, "text", static (HoconValue value, out string text) =>
        {
            var isText = SettingText.TryText(value, out var read);
            text = read ?? "";
            return isText;
        });

    public static long ReadLong(this Config config, string path) => Read<long>(config, path, "a whole number", SettingText.TryInt);

    /// <summary>As <see cref="ReadLong"/>, for values the schema keeps within 32 bits.</summary>
    public static int ReadInt(this Config config, string path) =>
        Read<int>(config, path, "a whole number of at most 32 bits", static (HoconValue value, out int number) =>
        {
            var isInt = SettingText.TryInt(value, out var read) && read is >= int.MinValue and <= int.MaxValue;
            number = isInt ? (int)read : 0;
            return isInt;
        });

    public static double ReadFraction(this Config config, string path) => Read<double>(config, path, "a number", SettingText.TryFraction);

    public static bool ReadBool(this Config config, string path) => Read<bool>(config, path, "true, false, on or off", SettingText.TryBool);

    public static TimeSpan ReadDuration(this Config config, string path) =>
        Read<TimeSpan>(config, path, "a duration with a unit", SettingText.TryDuration);

    public static IReadOnlyList<string> ReadTextList(this Config config, string path) =>
        Read<IReadOnlyList<string>>(config, path, "a list of texts", SettingText.TryTextList);

    public static IReadOnlyDictionary<string, string> ReadTextMap(this Config config, string path) =>
        Read<IReadOnlyDictionary<string, string>>(config, path, "an object of texts", SettingText.TryTextMap);

    private static T Read<T>(Config config, string path, string expected, Reader<T> reader)
    {
        var value = ConfigTree.Find(config, path) ?? throw new SettingsException($"{path} is missing; its default belongs in hocon/");
        return reader(value, out var result) ? result : throw new SettingsException($"{path} = {SettingText.Show(value)}: must be {expected}");
    }
}
