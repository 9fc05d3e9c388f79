using System.Globalization;
using System.Text;

namespace AkkaLb.Messages;

/// <summary>Values from outside as HOCON. Whatever is not written in the program itself goes through here on its way into a configuration.</summary>
internal static class HoconText
{
    /// <summary>A quoted string that is read back as it was given, but for blanks around it.</summary>
    public static string Quote(string value)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                < ' ' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
