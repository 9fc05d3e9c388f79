using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clients;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Machines;
using AkkaLb.Core.Registration;
using AkkaLb.Simulation.Checks;
using AkkaLb.Watching;

namespace AkkaLb.Simulation.Nodes;

/// <summary>The bugs that can be planted: each goes around a machine and makes one of its rules a wrong one.</summary>
internal static class Plants
{
    public static ClientSettings In(ClientSettings settings, Planted planted) => planted == Planted.RulingBeforeTheDeadLetters
        ? settings with { RulingDelay = TimeSpan.Zero }
        : settings;

    public static BalancerLimits In(BalancerLimits limits, Planted planted) => planted == Planted.EarlyReportNeverDropped
        ? limits with { EarlyReportHold = TimeSpan.FromDays(100) }
        : limits;

    public static IMachine<ClientEffect> In(ClientCore client, Planted planted) => planted switch
    {
        Planted.RetryIgnoresIdempotence => new Bent<ClientEffect>(client, (input, _) => input is ClientInput.Submit submit
            ? submit with { IsIdempotent = true }
            : input),
        Planted.QuarantineForEver => new Bent<ClientEffect>(client, (input, _) => input switch
        {
            ClientInput.Heard or ClientInput.GateAnswered when client.HasSilentGates => null,
            _ => input,
        }),
        Planted.FailOverAsksTheDeadBalancerFirst => new OldBalancerAgain(client),
        _ => client,
    };

    public static IMachine<BalancerEffect> In(BalancerCore balancer, Planted planted) => planted switch
    {
        Planted.StaleReportAccepted => new Bent<BalancerEffect>(balancer, (input, _) =>
            input is MemoryReport report && balancer.FindWorker(report.Worker.Id) is { } registered
                ? report with { Worker = registered.Key }
                : input),
        Planted.RemovedMemberAssignable => new Bent<BalancerEffect>(balancer, (input, _) =>
            input is Watched<Member>.Known { Changes: { } changes } known
                ? known with { Changes = [.. changes.Where(c => c.Item is not null)] }
                : input),
        _ => balancer,
    };

    public static IMachine<GateEffect> In(GateCore gate, Planted planted) => planted == Planted.FinishedJobForgottenByTheGate
        ? new Bent<GateEffect>(
            gate, (input, _) => input, effect => effect is GateEffect.AnswerDone { Token: var token } && token % 25 == 0 ? null : effect)
        : gate;

    public static IMachine<RegistrationEffect> In(RegistrationCore registration, WorkerRecord worker, Planted planted) => planted switch
    {
        Planted.LeaseRenewedAfterItWasLost => new Bent<RegistrationEffect>(registration, (input, _) =>
            input is KeepAliveOutcome.LeaseLost ? new KeepAliveOutcome.Kept(WorkerProcess.Ttl) : input),
        Planted.EntryPutBackOverAStrangers => new Bent<RegistrationEffect>(registration, (input, _) =>
            input is EntrySight.Found { LeaseId: not 0 } found && found.Worker.Incarnation != worker.Incarnation
                ? found with { LeaseId = 0 }
                : input),
        _ => registration,
    };

    /// <summary>Another input, or none, in place of one; and another effect, or none, in place of one.</summary>
    private sealed class Bent<TEffect>(
        IMachine<TEffect> machine, Func<object, TimeSpan, object?> bendInput, Func<TEffect, TEffect?>? bendEffect = null)
        : IMachine<TEffect>
        where TEffect : class
    {
        public TimeSpan? NextDue => machine.NextDue;

        public void Handle(object input, TimeSpan now, List<TEffect> outbox)
        {
            if (bendInput(input, now) is not { } bent)
            {
                return;
            }

            var from = outbox.Count;
            machine.Handle(bent, now, outbox);
            if (bendEffect is not null)
            {
                var effects = outbox.Skip(from).Select(bendEffect).OfType<TEffect>().ToList();
                outbox.RemoveRange(from, outbox.Count - from);
                outbox.AddRange(effects);
            }
        }
    }

    /// <summary>Whom it had first it asks for ever.</summary>
    private sealed class OldBalancerAgain(ClientCore client) : IMachine<ClientEffect>
    {
        private string? _first;

        public TimeSpan? NextDue => client.NextDue;

        public void Handle(object input, TimeSpan now, List<ClientEffect> outbox)
        {
            var from = outbox.Count;
            client.Handle(input, now, outbox);
            for (var i = from; i < outbox.Count; i++)
            {
                if (outbox[i] is ClientEffect.Probe probe)
                {
                    outbox[i] = probe with { Address = _first ??= probe.Address };
                }
            }
        }
    }
}
