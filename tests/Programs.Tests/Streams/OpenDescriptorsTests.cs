using AkkaLb.Programs.Streams;

namespace AkkaLb.Programs.Tests.Streams;

public sealed class OpenDescriptorsTests
{
    [Theory]
    [InlineData("pos:\t0\nflags:\t0100002\nmnt_id:\t25\n", true)]
    [InlineData("pos:\t0\nflags:\t02100002\nmnt_id:\t25\n", false)]
    [InlineData("pos:\t0\n", true)]
    public void A_descriptor_that_would_not_have_outlived_exec_is_the_runtimes_own(string information, bool isInherited) =>
        Assert.Equal(isInherited, OpenDescriptors.IsInherited(information));

    [Fact]
    public void A_number_that_no_file_has_is_closed() => Assert.False(OpenDescriptors.IsOpen(1_000_000));
}
