using AkkaLb.Core.Gate;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Tests.Gate;

/// <summary>Short ways to hand an input to a gate.</summary>
internal static class GateDriver
{
    public static void Open(this GateCore gate, List<GateEffect> effects) => gate.Handle(new GateInput.Open(), default, effects);

    public static void JobArrived(
        this GateCore gate, long token, JobId id, int attempt, TimeSpan remaining, TimeSpan waited, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.JobArrived(token, new Job(id, attempt, remaining, true, new Payload(0, "", default), waited)), now, effects);

    public static void CancelArrived(this GateCore gate, JobId id, int attempt, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.CancelArrived(id, attempt), now, effects);

    public static void Replied(this GateCore gate, long token, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.Replied(token), now, effects);

    public static void ReplyFailed(this GateCore gate, long token, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.ReplyFailed(token), now, effects);

    public static void MessageUnhandled(this GateCore gate, long token, string text, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.MessageUnhandled(token, text), now, effects);

    public static void MessageUnreadable(this GateCore gate, long token, string text, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.MessageUnreadable(token, text), now, effects);

    public static void JobReturned(this GateCore gate, long token, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.JobReturned(token), now, effects);

    public static void InstanceCrashed(this GateCore gate, int instance, bool isOnJob, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.InstanceCrashed(instance, isOnJob), now, effects);

    public static void InstanceStopped(this GateCore gate, int instance, string? cause, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.InstanceStopped(instance, cause), now, effects);

    public static void StoppedInstanceEnded(this GateCore gate, long birth, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.StoppedInstanceEnded(birth), now, effects);

    public static void InstanceIdle(this GateCore gate, int instance, long mark, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.InstanceIdle(instance, mark), now, effects);

    public static void MessageArrived(this GateCore gate, List<GateEffect> effects) => gate.Handle(new GateInput.MessageArrived(), default, effects);

    public static void DrainStarted(this GateCore gate, TimeSpan timeout, TimeSpan now, List<GateEffect> effects) =>
        gate.Handle(new GateInput.Drain(timeout), now, effects);

    public static void Tick(this GateCore gate, TimeSpan now, List<GateEffect> effects) => gate.Handle(Core.Machines.Tick.Instance, now, effects);
}
