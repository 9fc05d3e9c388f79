using AkkaLb.Core.Balancing;
using AkkaLb.Core.Policies;

namespace AkkaLb.Core.Tests.Policies;

/// <summary>A member as the model keeps it.</summary>
internal sealed class ModelMember(Member member)
{
    public Member Member { get; set; } = member;

    public string Id => Member.Worker.Id;

    public long Order => Member.RegistrationOrder;

    public WorkerKey Key => new(Id, Member.Worker.Incarnation);

    public bool IsUp => Member.Worker.State == WorkerState.Up;

    public MemoryReport? Report { get; set; }

    public TimeSpan FreshUntil { get; set; }

    public long PicksSinceReport { get; set; }
}

/// <summary>Each policy in the words of its rule: slow, obvious, without state of its own but the last pick.</summary>
internal sealed class NaivePolicy(string name)
{
    private long _lastOrder = long.MinValue;

    public ModelMember? Pick(IEnumerable<ModelMember> members, IReadOnlyCollection<WorkerKey> leftOut, TimeSpan now)
    {
        var candidates = members.Where(m => m.IsUp && !leftOut.Contains(m.Key)).OrderBy(m => m.Order).ToList();
        var picked = name switch
        {
            Policy.RoundRobin => candidates.Find(m => m.Order > _lastOrder) ?? candidates.FirstOrDefault(),
            Policy.PickFirst => candidates.FirstOrDefault(),
            Policy.LeastLoad => candidates.Where(m => m.Report is not null && now < m.FreshUntil)
                .OrderBy(m => m.Report!.ResidentBytes).ThenBy(m => m.PicksSinceReport).ThenBy(m => m.Order).FirstOrDefault(),
            _ => throw new InvalidOperationException(name),
        };
        if (picked is not null)
        {
            _lastOrder = picked.Order;
            picked.PicksSinceReport++;
        }

        return picked;
    }
}
