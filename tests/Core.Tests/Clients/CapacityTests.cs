using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

public class CapacityTests
{
    /// <summary>Ideal: everybody waits as long as everybody else, and no place is ever free.</summary>
    [Theory]
    [InlineData(1.25, 1, 1, 64)]
    [InlineData(2, 1, 1, 64)]
    [InlineData(10, 1, 1, 64)]
    [InlineData(1.5, 1, 1, 2)]
    [InlineData(10, 1, 1, 2)]
    [InlineData(2, 3, 1, 64)]
    [InlineData(10, 3, 1, 64)]
    [InlineData(1.25, 1, 3, 32)]
    [InlineData(2, 1, 3, 32)]
    [InlineData(10, 1, 3, 32)]
    [InlineData(2, 3, 3, 32)]
    [InlineData(10, 3, 3, 32)]
    [InlineData(10, 5, 2, 1)]
    public void With_more_callers_than_places_nobody_fails_or_waits_three_times_the_ideal_and_no_place_stays_free(
        double factor, int clients, int workers, int capacity) => Seeded.Runs(2, random =>
    {
        var (service, duration, places) = (Ms(100), S(20), workers * capacity);
        var callers = (int)(places * factor);
        var world = new CapacityWorld(
            random, [.. Enumerable.Repeat(capacity, workers)], service, [.. Enumerable.Repeat(Math.Max(1, callers / clients), clients)], duration);
        world.Run();
        var told = $"{callers} callers of {clients} clients for {places} places: {world}";
        Assert.True(world.Failures.Count == 0, told);
        Assert.True(world.LongestWait <= service * factor * 3, told);
        Assert.True(world.Done >= 0.95 * places * (duration / service), told);
        // How often full workers are asked in vain hangs on the time and the number of clients, not on how many jobs wait.
        var inVain = 4 * clients * workers * (duration / CapacityWorld.RetryAfter(service));
        Assert.True(world.Sends <= (2 * world.Done) + inVain, told);
        Assert.True(world.Asks <= (4 * world.Done) + inVain, told);
    });

    [Fact]
    public void A_small_worker_that_is_full_does_not_keep_jobs_from_a_large_one_that_has_room() => Seeded.Runs(2, random =>
    {
        var world = new CapacityWorld(random, [2, 64], Ms(100), [60], S(20));
        world.Run();
        Assert.True(world.Failures.Count == 0, world.ToString());
        // 60 callers fit into 66 places: nobody has to wait for long.
        Assert.True(world.LongestWait <= Ms(300), world.ToString());
        Assert.True(world.Done >= 0.85 * 60 * 200, world.ToString());
    });
}
