using AkkaLb.Balancer.Page;
using AkkaLb.Core;
using static AkkaLb.Balancer.Tests.Page.Reported;

namespace AkkaLb.Balancer.Tests.Page;

public sealed class WorkerWindowTests
{
    private static readonly MemberDetails Seen = Details with
    {
        AnswerTime = TimeSpan.FromSeconds(1), LastTrouble = new MemberTrouble(PickEnd.Failed, TimeSpan.FromSeconds(9)),
    };

    private static readonly MemberState[] Four =
    [
        NewWorker("c", inFlight: 2), NewWorker("a", inFlight: 1) with { Zone = "ams", Details = Seen }, NewWorker("d", inFlight: 2),
        NewWorker("b") with { Reason = "no disk", Details = Details with { Condition = WorkerCondition.Unable, Version = "0.2.0" } },
    ];

    [Theory]
    [InlineData("Registered", false, "c a d b")]
    [InlineData("Registered", true, "b d a c")]
    [InlineData("Worker", false, "a b c d")]
    [InlineData("Worker", true, "d c b a")]
    [InlineData("InFlight", false, "b a c d")]
    [InlineData("InFlight", true, "c d a b")]
    [InlineData("State", false, "b c a d")]
    [InlineData("Zone", false, "a c d b")]
    [InlineData("Version", true, "b c a d")]
    [InlineData("Answers", true, "a c d b")]
    [InlineData("LastError", false, "a c d b")]
    public void Workers_are_sorted_and_equal_ones_stay_as_they_registered(string sort, bool isDescending, string ids) =>
        Assert.Equal(ids, Ids(Select(LiveQuery.Default with { Sort = Enum.Parse<SortKey>(sort), IsDescending = isDescending })));

    [Theory]
    [InlineData("", "c a d b")]
    [InlineData("AMS", "a")]
    [InlineData("disk unable", "b")]
    [InlineData("10.0.0.7 fra", "c d b")]
    [InlineData("0.2", "b")]
    [InlineData("nobody", "")]
    public void All_words_of_a_filter_are_in_a_workers_texts(string filter, string ids) =>
        Assert.Equal(ids, Ids(Select(LiveQuery.Default with { Words = filter.Split(' ', StringSplitOptions.RemoveEmptyEntries) })));

    [Theory]
    [InlineData(0, 2, 0, "c a")]
    [InlineData(2, 2, 2, "d b")]
    [InlineData(3, 2, 2, "d b")]
    [InlineData(900, 3, 1, "a d b")]
    [InlineData(0, 100, 0, "c a d b")]
    [InlineData(2, 0, 2, "")]
    public void A_window_ends_where_the_list_does(int from, int count, int first, string ids)
    {
        var window = Select(LiveQuery.Default with { From = from, Count = count });

        Assert.Equal((4, first, ids), (window.Matched, window.From, Ids(window)));
    }

    [Fact]
    public void Every_column_sorts_workers_of_which_nothing_more_is_known() => Assert.All(Enum.GetValues<SortKey>(), sort =>
    {
        MemberState[] two = [NewWorker("a") with { Details = null, ResidentBytes = null }, NewWorker("b")];

        Assert.Equal(2, WorkerWindow.Select(two, "first-free", LiveQuery.Default with { Sort = sort }).Rows.Count);
    });

    private static WorkerWindow Select(LiveQuery query) => WorkerWindow.Select(Four, "first-free", query);

    private static string Ids(WorkerWindow window) => string.Join(' ', window.Rows.Select(m => m.Worker.Id));
}
