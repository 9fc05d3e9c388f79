using AkkaLb.Endpoints;
using AkkaLb.Tests.Support;

namespace AkkaLb.Etcd.Tests;

public sealed class ReloadedFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-files-").FullName;
    private readonly ManualTime _time = new();
    private readonly List<FileNews> _told = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_that_change_are_read_again_within_a_second_and_that_is_told_once()
    {
        var files = Open(Write("a", "1"), Write("b", "1"));
        Assert.Equal("1 1", files.Current);
        Write("b", "2");
        Assert.Equal("1 1", files.Current);
        Look();
        Assert.Equal("1 2", files.Current);
        Look();
        Assert.Equal("1 2", files.Current);
        Assert.Equal([new FileNews("now 1 2", IsTrouble: false)], _told);
    }

    [Fact]
    public void Files_that_cannot_be_used_leave_what_was_read_before_until_they_can_and_that_is_told_once()
    {
        var file = Write("a", "1");
        var files = Open(file);
        Write("a", "broken");
        for (var i = 0; i < 5; i++)
        {
            Look();
            Assert.Equal("1", files.Current);
        }

        File.Delete(file);
        Look();
        Assert.Equal("1", files.Current);
        Look();
        Assert.Equal("1", files.Current);
        Write("a", "2");
        Look();
        Assert.Equal("2", files.Current);
        Assert.Equal([true, true, false], _told.Select(t => t.IsTrouble));
        Assert.EndsWith("a is broken. What was read before stays in use", _told[0].Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_whose_target_is_replaced_counts_as_a_change()
    {
        var (old, renewed, link) = (Write("old", "1"), Write("new", "2"), Path.Combine(_folder, "link"));
        File.CreateSymbolicLink(link, old);
        var files = Open(link);
        File.Delete(link);
        File.CreateSymbolicLink(link, renewed);
        File.SetLastWriteTimeUtc(renewed, File.GetLastWriteTimeUtc(old));
        Look();
        Assert.Equal("2", files.Current);
    }

    private ReloadedFiles<string> Open(params string[] files)
    {
        var opened = new ReloadedFiles<string>(files, _ => string.Join(' ', files.Select(Read)), content => $"now {content}", _time);
        opened.Told += _told.Add;
        return opened;
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file) is var text and not "broken" ? text : throw new PemFileException($"{file} is broken");
        }
        catch (IOException e)
        {
            throw new PemFileException($"{file} cannot be read", e);
        }
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }

    private void Look() => _time.Advance(ReloadedFiles<string>.LookEvery);
}
