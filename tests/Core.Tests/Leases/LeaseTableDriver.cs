using AkkaLb.Core.Leases;
using AkkaLb.Watching;

namespace AkkaLb.Core.Tests.Leases;

/// <summary>An input a method.</summary>
internal static class LeaseTableDriver
{
    /// <returns>Lease id and granted TTL; a lease id of 0 means refused, <paramref name="holder"/> says by whom, and 0 that there is no
    /// room.</returns>
    public static (long LeaseId, TimeSpan Ttl) Register(
        this LeaseTable table, WorkerRecord worker, long leaseId, TimeSpan ttl, TimeSpan now, List<KeyChange<Member>> changes, out long holder)
    {
        var answer = table.Handle(new Register(worker, ttl, leaseId), now, changes);
        holder = (answer as RegisterRefused)?.HolderIncarnation ?? 0;
        return answer is Registered m ? (m.LeaseId, m.Ttl) : default;
    }

    public static TimeSpan KeepAlive(this LeaseTable table, long leaseId, TimeSpan now, List<KeyChange<Member>> changes) =>
        Assert.IsType<KeptAlive>(table.Handle(new KeepAlive(leaseId), now, changes)).Ttl;

    public static bool Update(this LeaseTable table, long leaseId, WorkerRecord worker, TimeSpan now, List<KeyChange<Member>> changes) =>
        Assert.IsType<RegistrationUpdated>(table.Handle(new UpdateRegistration(leaseId, worker), now, changes)).Written;

    public static void Deregister(this LeaseTable table, long leaseId, TimeSpan now, List<KeyChange<Member>> changes) =>
        Assert.Equal(new Deregistered(leaseId), table.Handle(new Deregister(leaseId), now, changes));

    public static void Expire(this LeaseTable table, TimeSpan now, List<KeyChange<Member>> changes) =>
        Assert.Null(table.Handle(Core.Machines.Tick.Instance, now, changes));

    /// <returns>The answer, the last effect; null: there is none.</returns>
    private static IAkkaLbMessage? Handle(this LeaseTable table, object input, TimeSpan now, List<KeyChange<Member>> changes)
    {
        var outbox = new List<RegistryEffect>();
        table.Handle(input, now, outbox);
        Assert.All(outbox.SkipLast(1), e => Assert.IsType<RegistryEffect.Tell>(e));
        foreach (var told in outbox.OfType<RegistryEffect.Tell>())
        {
            Assert.Equal(table.Revision, told.Known.Revision);
            Assert.Equal(table.Members, told.Known.All);
            changes.AddRange(told.Known.Changes!);
        }

        return (outbox.LastOrDefault() as RegistryEffect.Answer)?.Message;
    }
}
