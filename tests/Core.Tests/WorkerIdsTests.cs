namespace AkkaLb.Core.Tests;

public class WorkerIdsTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("host-12.example_7")]
    [InlineData("-")]
    public void Letters_digits_dots_underscores_and_hyphens_make_an_id(string id) => Assert.True(WorkerIds.IsValid(id));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("a\n")]
    public void Anything_else_does_not(string? id) => Assert.False(WorkerIds.IsValid(id));

    [Fact]
    public void An_id_has_at_most_128_characters()
    {
        Assert.True(WorkerIds.IsValid(new string('a', 128)));
        Assert.False(WorkerIds.IsValid(new string('a', 129)));
    }

    [Theory]
    [InlineData("w1", "default")]
    [InlineData("pdf/w1", "pdf")]
    [InlineData("A_b-9/host-12.example_7", "A_b-9")]
    public void A_workers_id_tells_its_service(string id, string service)
    {
        Assert.True(WorkerIds.IsWorker(id));
        Assert.Equal(service, WorkerIds.ServiceOf(id));
        Assert.Equal(id, WorkerIds.Of(service, WorkerIds.NameOf(id)));
    }

    [Theory]
    [InlineData("default/w1")]
    [InlineData("/w1")]
    [InlineData("pdf/")]
    [InlineData("a/b/c")]
    [InlineData("a.b/w1")]
    [InlineData("a b/w1")]
    [InlineData("pdf/w 1")]
    [InlineData(null)]
    public void Anything_else_is_no_workers_id(string? id) => Assert.False(WorkerIds.IsWorker(id));

    [Fact]
    public void Service_and_name_have_at_most_128_characters_together()
    {
        Assert.True(WorkerIds.IsWorker($"pdf/{new string('a', 124)}"));
        Assert.False(WorkerIds.IsWorker($"pdf/{new string('a', 125)}"));
        Assert.False(WorkerIds.IsWorker($"{new string('s', WorkerService.LengthMax + 1)}/a"));
    }
}
