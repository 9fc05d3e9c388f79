using System.Globalization;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation.Nodes;

/// <summary>How a worker speaks to its registry. Each request is answered once, by what it was asked for or by a problem.</summary>
internal abstract class RegistryPort
{
    protected static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public abstract void Register(WorkerRecord worker, TimeSpan ttl, Action<object> answered, Action<string> failed);

    public abstract void KeepAlive(long leaseId, Action<object> answered, Action<string> failed);

    public abstract void Update(long leaseId, WorkerRecord worker, Action<object> answered, Action<string> failed);

    public abstract void Look(long leaseId, WorkerRecord worker, Action<object> answered, Action<string> failed);

    public abstract void PutBack(long leaseId, WorkerRecord worker, long revision, Action<object> answered, Action<string> failed);

    public abstract void Deregister(long leaseId, Action<object> answered, Action<string> failed);
}

/// <summary>As to etcd.</summary>
internal sealed class EtcdPort(Process process, TimeSpan ttl) : RegistryPort
{
    private EtcdModel Etcd => process.Run.Etcd;

    public override void Register(WorkerRecord worker, TimeSpan ttl, Action<object> answered, Action<string> failed) =>
        Etcd.Ask<object>(process, Timeout, () => Etcd.Register(worker, ttl), answered, failed);

    /// <summary>A third of the time to live, so that one that fails leaves time for another.</summary>
    public override void KeepAlive(long leaseId, Action<object> answered, Action<string> failed) =>
        Etcd.Ask<object>(process, ttl / 3, () => Etcd.KeepAlive(leaseId), answered, failed);

    public override void Update(long leaseId, WorkerRecord worker, Action<object> answered, Action<string> failed) =>
        Etcd.Ask<object>(process, Timeout, () => Etcd.Update(leaseId, worker), answered, failed);

    public override void Look(long leaseId, WorkerRecord worker, Action<object> answered, Action<string> failed) =>
        Etcd.Ask<object>(process, ttl / 3, () => Etcd.Look(worker.Id), answered, failed);

    public override void PutBack(long leaseId, WorkerRecord worker, long revision, Action<object> answered, Action<string> failed) =>
        Etcd.Ask<object>(process, ttl / 3, () => Etcd.PutBack(leaseId, worker, revision), answered, failed);

    public override void Deregister(long leaseId, Action<object> answered, Action<string> failed) => Etcd.Ask<object>(process, Timeout, () =>
    {
        Etcd.Revoke(leaseId);
        return true;
    }, answered, failed);
}

/// <summary>As to the registry in a balancer's process: by message.</summary>
internal sealed class EmbeddedPort(Process process, string balancer, long leaseId) : RegistryPort
{
    private readonly Dictionary<string, Action<IAkkaLbMessage>> _asked = new(StringComparer.Ordinal);
    private long _lastAsk;

    /// <summary>An answer has come; false: to no question of ours.</summary>
    public bool Answered(string target, object message)
    {
        if (message is not IAkkaLbMessage answer || !_asked.Remove(target, out var tell))
        {
            return false;
        }

        tell(answer);
        return true;
    }

    public override void Register(WorkerRecord worker, TimeSpan ttl, Action<object> answered, Action<string> failed) =>
        Ask(new Register(worker, ttl, leaseId), failed, answer =>
        {
            switch (answer)
            {
                case Registered m:
                    answered(new RegisterOutcome.Registered(m.LeaseId, m.Ttl));
                    break;
                case RegisterRefused { HolderIncarnation: 0, Text: var text }:
                    failed(text);
                    break;
                case RegisterRefused m:
                    answered(new RegisterOutcome.IdInUse(m.HolderIncarnation, ttl));
                    break;
            }
        });

    public override void KeepAlive(long leaseId, Action<object> answered, Action<string> failed) => Ask(new KeepAlive(leaseId), failed, answer =>
        answered(answer is KeptAlive { Ttl.Ticks: > 0 } kept ? new KeepAliveOutcome.Kept(kept.Ttl) : new KeepAliveOutcome.LeaseLost()));

    public override void Update(long leaseId, WorkerRecord worker, Action<object> answered, Action<string> failed) =>
        Ask(new UpdateRegistration(leaseId, worker), failed, answer => answered(((RegistrationUpdated)answer).Written));

    public override void Look(long leaseId, WorkerRecord worker, Action<object> answered, Action<string> failed) =>
        process.Locally(() => answered(new EntrySight.Found(leaseId, 0, worker)));

    public override void PutBack(long leaseId, WorkerRecord worker, long revision, Action<object> answered, Action<string> failed) =>
        Update(leaseId, worker, answered, failed);

    public override void Deregister(long leaseId, Action<object> answered, Action<string> failed) =>
        Ask(new Deregister(leaseId), failed, _ => answered(true));

    private void Ask(IAkkaLbMessage request, Action<string> failed, Action<IAkkaLbMessage> tell)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"ask-{process.Life}-{++_lastAsk}");
        _asked.Add(name, tell);
        process.Run.Network.Send(process, balancer, BalancerProcess.RegistryPath, request, name);
        process.After(Timeout, () =>
        {
            if (_asked.Remove(name))
            {
                failed("the balancer's embedded registry did not answer");
            }
        });
    }
}
