using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;

namespace AkkaLb.Balancer;

/// <summary>Which registered workers the balancer can be told of: those whose path makes a reference, here and at a client. The others are left
/// out, and said once.</summary>
/// <remarks>Not thread-safe.</remarks>
/// <param name="protocol">By which this node is reached, and so by which it reaches others; null: any.</param>
/// <param name="warn">Takes a line for the log.</param>
internal sealed class UsableWorkers(string? protocol, Action<string> warn)
{
    private readonly LeftOutValues _leftOut = new();

    /// <summary>Those of all workers there are.</summary>
    public IReadOnlyList<Member> Of(IReadOnlyList<Member> all)
    {
        var usable = new List<Member>(all.Count);
        var leftOut = new HashSet<string>();
        foreach (var member in all)
        {
            if (IsUsable(member.Worker))
            {
                usable.Add(member);
            }
            else
            {
                leftOut.Add(member.Worker.Id);
            }
        }

        _leftOut.ForgetAllBut(leftOut);
        SumUp();
        return usable;
    }

    /// <summary>The same changes, where a worker that is not usable counts as gone.</summary>
    public IReadOnlyList<MemberChange> Of(IReadOnlyList<MemberChange> changes)
    {
        var usable = new List<MemberChange>(changes.Count);
        foreach (var change in changes)
        {
            switch (change)
            {
                case MemberChange.Put put when !IsUsable(put.Member.Worker):
                    usable.Add(new MemberChange.Removed(put.Member.Worker.Id));
                    break;
                case MemberChange.Removed removed:
                    _leftOut.Forget(removed.WorkerId);
                    usable.Add(change);
                    break;
                default:
                    usable.Add(change);
                    break;
            }
        }

        SumUp();
        return usable;
    }

    private bool IsUsable(WorkerRecord worker)
    {
        if (WhyNot(worker.Path) is not { } problem)
        {
            _leftOut.Forget(worker.Id);
            return true;
        }

        if (_leftOut.IsNews(worker.Id, problem))
        {
            warn($"worker {LogText.Of(worker.Id)} is left out: {problem}");
        }

        return false;
    }

    private string? WhyNot(string path)
    {
        try
        {
            if (!SerializedActorPath.IsWorker(path) || !ActorPath.TryParse(path, out var parsed))
            {
                return $"\"{LogText.Of(path)}\" is not a worker's actor path with address and uid";
            }

            // Akka throws for a protocol that it has no transport for, here and at every client that was sent there.
            return protocol is null || parsed.Address.Protocol == protocol
                ? null
                : $"it is reached by {parsed.Address.Protocol}, this balancer by {protocol}; switch TLS between nodes (akkalb.tls) on at both or "
                    + $"at neither";
        }
        catch (Exception e)
        {
            // Akka throws for some paths, in spite of its method's name. The check before keeps off those we know of, and one worker must not
            // cost all others.
            return $"\"{LogText.Of(path)}\" cannot be read: {LogText.Of(e.Message)}";
        }
    }

    private void SumUp()
    {
        if (_leftOut.Sum() is > 0 and var more)
        {
            warn($"... and more workers are left out: {more}");
        }
    }
}
