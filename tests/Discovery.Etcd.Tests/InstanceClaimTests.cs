namespace AkkaLb.Discovery.Etcd.Tests;

public sealed class InstanceClaimTests
{
    private const long Ours = 7;
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = Ttl + RegistrationOptions.ExpirySlack;
    private static readonly KeyHolder Stranger = new(LeaseId: 99, ModRevision: 5);

    [Theory]
    [InlineData(ConflictRule.Refuse)]
    [InlineData(ConflictRule.Replace)]
    public void A_free_key_is_created_and_our_own_is_kept_or_moved(ConflictRule rule)
    {
        var claim = New(rule);
        claim.Granted(8, Ttl);
        Assert.Equal(new ClaimStep.Create(), claim.Next(null, 8, TimeSpan.Zero));
        Assert.Equal(new ClaimStep.Keep(3), claim.Next(new KeyHolder(8, 3), 8, TimeSpan.Zero));
        Assert.Equal(new ClaimStep.Take(2), claim.Next(new KeyHolder(Ours, 2), 8, TimeSpan.Zero));
    }

    [Fact]
    public void Refuse_waits_for_a_strangers_lease_and_then_gives_up()
    {
        var claim = New(ConflictRule.Refuse);
        Assert.Equal(new ClaimStep.Wait(), claim.Next(Stranger, Ours, TimeSpan.FromSeconds(10)));
        Assert.Equal(new ClaimStep.Wait(), claim.Next(Stranger, Ours, TimeSpan.FromSeconds(13.9)));
        var end = Assert.IsType<ClaimStep.GiveUp>(claim.Next(Stranger, Ours, TimeSpan.FromSeconds(14)));
        Assert.Equal("it is in use by another process", end.Sentence);
    }

    [Theory]
    [InlineData(15, 17)]
    [InlineData(1, 4)]
    public void It_waits_as_long_as_the_longest_lease_the_holder_may_have(double granted, double givenUpAfter)
    {
        var claim = New(ConflictRule.Refuse);
        claim.Granted(8, TimeSpan.FromSeconds(granted));
        var end = TimeSpan.FromSeconds(givenUpAfter);
        claim.Next(Stranger, 8, TimeSpan.Zero);
        Assert.Equal(new ClaimStep.Wait(), claim.Next(Stranger, 8, end - TimeSpan.FromTicks(1)));
        Assert.IsType<ClaimStep.GiveUp>(claim.Next(Stranger, 8, end));
    }

    [Theory]
    [InlineData(ConflictRule.Refuse)]
    [InlineData(ConflictRule.Replace)]
    public void A_key_without_a_lease_is_nobodys_and_taken_whoever_was_registered(ConflictRule rule)
    {
        var claim = New(rule);
        var holder = new KeyHolder(LeaseId: 0, ModRevision: 5);
        Assert.Equal(new ClaimStep.Take(5), claim.Next(holder, Ours, TimeSpan.Zero));
        claim.Registered();
        Assert.Equal(new ClaimStep.Take(5), claim.Next(holder, Ours, TimeSpan.Zero));
    }

    [Fact]
    public void Replace_takes_a_strangers_key()
    {
        Assert.Equal(new ClaimStep.Take(5), New(ConflictRule.Replace).Next(Stranger, Ours, TimeSpan.Zero));
    }

    [Theory]
    [InlineData(ConflictRule.Refuse)]
    [InlineData(ConflictRule.Replace)]
    public void An_owner_that_was_registered_and_finds_a_stranger_waits_and_gives_up(ConflictRule rule)
    {
        var claim = New(rule);
        claim.Registered();
        Assert.Equal(new ClaimStep.Wait(), claim.Next(Stranger, Ours, TimeSpan.Zero));
        Assert.Equal("it was taken by another process", Assert.IsType<ClaimStep.GiveUp>(claim.Next(Stranger, Ours, Patience)).Sentence);
    }

    [Fact]
    public void A_stranger_that_goes_away_meanwhile_is_forgotten()
    {
        var claim = New(ConflictRule.Refuse);
        claim.Registered();
        claim.Next(Stranger, Ours, TimeSpan.Zero);
        Assert.Equal(new ClaimStep.Create(), claim.Next(null, Ours, Patience));
        claim.Registered();
        Assert.Equal(new ClaimStep.Wait(), claim.Next(Stranger, Ours, Patience));
    }

    [Fact]
    public void Only_a_few_leases_are_remembered()
    {
        var claim = New(ConflictRule.Refuse);
        for (var lease = 100; lease < 108; lease++)
        {
            claim.Granted(lease, Ttl);
        }

        Assert.Equal(new ClaimStep.Wait(), claim.Next(new KeyHolder(Ours, 1), 107, TimeSpan.Zero));
        Assert.Equal(new ClaimStep.Take(1), claim.Next(new KeyHolder(100, 1), 107, TimeSpan.Zero));
    }

    private static InstanceClaim New(ConflictRule rule)
    {
        var claim = new InstanceClaim("it", rule, Ttl);
        claim.Granted(Ours, Ttl);
        return claim;
    }
}
