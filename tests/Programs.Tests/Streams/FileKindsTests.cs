using AkkaLb.Programs.Streams;

namespace AkkaLb.Programs.Tests.Streams;

public sealed class FileKindsTests
{
    [Fact]
    public void Kinds_are_told_apart_without_opening_anything()
    {
        Assert.Equal(FileKind.File, FileKinds.Of("/etc/passwd"));
        Assert.Equal(FileKind.Directory, FileKinds.Of("/etc"));
        Assert.Equal(FileKind.Device, FileKinds.Of("/dev/zero"));
        Assert.Equal(FileKind.Missing, FileKinds.Of("/no/such/file"));
    }
}
