namespace AkkaLb.Core.Tests.Clients;

public class ClientCorePropertyTests
{
    /// <summary>Also: nothing is sent or asked after a job's end or deadline, what may have run is not sent again unless it is idempotent, an end
    /// that says "not started" is true, and the next time due is never in the past. See <see cref="RandomClient"/>.</summary>
    [Fact]
    public void Whatever_happens_every_job_ends_exactly_once_and_nothing_is_left_over()
    {
        var askedAhead = 0;
        Seeded.Runs(5_000, random =>
        {
            var client = new RandomClient(random);
            for (var step = 0; step < 200; step++)
            {
                client.Step();
            }

            client.Finish();
            askedAhead += client.AskedAhead;
        });
        Assert.True(askedAhead > 100, $"picks were asked for ahead {askedAhead} times");
    }

    [Fact]
    public void The_same_seed_does_the_same_in_the_same_order() => Seeded.Runs(300, random =>
    {
        var seed = random.Next();
        Assert.Equal(Trace(seed), Trace(seed));
    });

    private static string Trace(int seed)
    {
        var client = new RandomClient(new Random(seed));
        for (var step = 0; step < 200; step++)
        {
            client.Step();
        }

        return client.Trace;
    }
}
