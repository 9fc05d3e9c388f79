using AkkaLb.Balancer.Page;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace AkkaLb.Balancer.Tests.Page;

public sealed class LiveQueryTests
{
    [Fact]
    public void Who_asks_for_nothing_gets_the_first_rows_of_the_default_service()
    {
        var read = Read("", out var problem);

        Assert.Null(problem);
        Assert.Equal(LiveQuery.Default with { Words = read.Words }, read);
        Assert.Empty(read.Words);
    }

    [Fact]
    public void A_view_is_read_as_it_is_asked_for()
    {
        var read = Read("?service=pdf&sort=inFlight&desc=1&filter=fra%20up&from=900&count=40&begun=5&after=6&since=7", out var problem);

        Assert.Null(problem);
        Assert.Equal(new LiveQuery("pdf", SortKey.InFlight, true, read.Words, 900, 40, 5, 6, 7), read);
        Assert.Equal(["fra", "up"], read.Words);
    }

    [Theory]
    [InlineData("?service=a/b", "service: must be 1 to 64 letters")]
    [InlineData("?sort=colour", "sort: must be one of Registered, Worker")]
    [InlineData("?sort=99", "sort: must be one of")]
    [InlineData("?count=101", "count: must be a whole number from 0 to 100")]
    [InlineData("?from=-1", "from: must be a whole number from 0 to 2147483647")]
    [InlineData("?from=99999999999999999999", "from: must be")]
    [InlineData("?since=9223372036854775807", "since: must be")]
    [InlineData("?after=x", "after: must be")]
    public void What_is_wrong_is_named(string query, string problem)
    {
        Read(query, out var told);

        Assert.StartsWith(problem, told, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_is_wrong_is_named_and_a_filter_has_an_end()
    {
        Read($"?count=x&filter={new string('f', 201)}", out var told);

        Assert.Equal("filter: must be at most 200 characters\ncount: must be a whole number from 0 to 100\n", told);
    }

    private static LiveQuery Read(string query, out string? problem) =>
        LiveQuery.Read(new QueryCollection(QueryHelpers.ParseQuery(query)), out problem);
}
