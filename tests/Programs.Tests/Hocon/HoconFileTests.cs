using System.Text;
using AkkaLb.Programs.Hocon;

namespace AkkaLb.Programs.Tests.Hocon;

public sealed class HoconFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("akkalb-hocon");

    private string FilePath => Path.Combine(_directory.FullName, "x.hocon");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_valid_file_is_parsed() => Assert.Equal("x", Load("a { b = x }").GetString("a.b"));

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_first_key() => Assert.Equal("1", Load("\uFEFFa = 1").GetString("a"));

    [Fact]
    public void A_comment_sign_as_the_very_last_character_is_accepted() => Assert.Equal("1", Load("a = 1 #").GetString("a"));

    [Fact]
    public void Syntax_problems_name_file_line_and_column() =>
        Assert.Equal(
            [$"{FilePath}:1:3: no value after '='; add one, or remove the key", $"{FilePath}:2:3: this '{{' is never closed; add the missing '}}'"],
            Problems("a =\nb {\n"));

    [Fact]
    public void An_include_is_refused_where_it_stands() =>
        Assert.Equal([$"{FilePath}:2:1: include \"y.hocon\" is not followed; copy its settings into this file"], Problems(
            "a = 1\ninclude \"y.hocon\"\n"));

    [Fact]
    public void A_byte_that_is_not_UTF_8_is_reported_at_its_position() =>
        Assert.Equal([$"{FilePath}:2:7: byte 0xE9 is not UTF-8; save the file as UTF-8"], Problems([.. "a = é\nb = x "u8, 0xE9, (byte)'\n']));

    [Fact]
    public void A_file_cut_within_a_character_is_reported_at_that_character() =>
        Assert.Equal([$"{FilePath}:1:5: byte 0xE2 is not UTF-8; save the file as UTF-8"], Problems([.. "a = "u8, 0xE2, 0x82]));

    [Fact]
    public void A_UTF_16_file_is_not_UTF_8() =>
        Assert.Contains(":1:1: byte 0xFF is not UTF-8", Assert.Single(Problems([0xFF, 0xFE, 0x61, 0])), StringComparison.Ordinal);

    [Fact]
    public void A_file_of_one_mebibyte_is_read_and_one_of_a_byte_more_is_not()
    {
        Load("#" + new string('x', HoconFile.BytesMax - 1));
        Assert.Equal([$"{FilePath}: is larger than 1 MiB; this is no configuration file"], Problems("#" + new string('x', HoconFile.BytesMax)));
    }

    [Fact]
    public void A_missing_file_is_one_problem() =>
        Assert.Equal([$"{FilePath}: no such file; check the path"], Assert.Throws<SettingsException>(() => HoconFile.Load(FilePath)).Problems);

    [Fact]
    public void A_directory_is_one_problem() =>
        Assert.Equal(
            [$"{_directory.FullName}: is a directory; name a HOCON file in it"],
            Assert.Throws<SettingsException>(() => HoconFile.Load(_directory.FullName)).Problems);

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_path_that_cannot_be_one_is_a_problem(string path) =>
        Assert.Single(Assert.Throws<SettingsException>(() => HoconFile.Load(path)).Problems);

    [Fact]
    public void A_substitution_that_does_not_resolve_is_translated() =>
        Assert.Equal([$"{FilePath}: Akka.NET cannot read it: Unresolved substitution: b.c"], Problems("a = ${b.c}\n"));

    [Fact]
    public void Akkas_parser_survives_the_deepest_nesting_the_check_lets_pass() =>
        Load(string.Concat(Enumerable.Repeat("a{", 60)) + "b=" + new string('[', 40) + new string(']', 40) + new string('}', 60));

    private Akka.Configuration.Config Load(string text)
    {
        File.WriteAllText(FilePath, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return HoconFile.Load(FilePath);
    }

    private IReadOnlyList<string> Problems(string text) => Problems(Encoding.UTF8.GetBytes(text));

    private IReadOnlyList<string> Problems(byte[] bytes)
    {
        File.WriteAllBytes(FilePath, bytes);
        return Assert.Throws<SettingsException>(() => HoconFile.Load(FilePath)).Problems;
    }
}
