using AkkaLb.Core.Registration;

namespace AkkaLb.Core.Tests.Registration;

/// <summary>An input a method. The answers to who drains and leaves have tests of their own and are left out.</summary>
internal static class RegistrationDriver
{
    public static IReadOnlyList<RegistrationEffect> Handle(this RegistrationCore core, object input, TimeSpan now = default)
    {
        var outbox = new List<RegistrationEffect>();
        core.Handle(input, now, outbox);
        return outbox;
    }

    public static IReadOnlyList<RegistrationEffect> Start(this RegistrationCore core, TimeSpan now) =>
        core.Act(new RegistrationInput.Start(), now);

    public static IReadOnlyList<RegistrationEffect> Registered(this RegistrationCore core, long leaseId, TimeSpan ttl, TimeSpan now) =>
        core.Act(new RegisterOutcome.Registered(leaseId, ttl), now);

    public static IReadOnlyList<RegistrationEffect> IdInUse(this RegistrationCore core, long holderIncarnation, TimeSpan ttl, TimeSpan now) =>
        core.Act(new RegisterOutcome.IdInUse(holderIncarnation, ttl), now);

    public static IReadOnlyList<RegistrationEffect> RegisterFailed(this RegistrationCore core, string problem, TimeSpan now) =>
        core.Act(new RegistrationInput.RegisterFailed(problem), now);

    public static IReadOnlyList<RegistrationEffect> Kept(this RegistrationCore core, TimeSpan ttl, TimeSpan now) =>
        core.Act(new KeepAliveOutcome.Kept(ttl), now);

    public static IReadOnlyList<RegistrationEffect> LeaseLost(this RegistrationCore core, TimeSpan now) =>
        core.Act(new KeepAliveOutcome.LeaseLost(), now);

    public static IReadOnlyList<RegistrationEffect> KeepAliveFailed(this RegistrationCore core, string problem, TimeSpan now) =>
        core.Act(new RegistrationInput.KeepAliveFailed(problem), now);

    public static IReadOnlyList<RegistrationEffect> Refused(this RegistrationCore core, string problem, TimeSpan now) =>
        core.Act(new RegistrationInput.Refused(problem), now);

    public static IReadOnlyList<RegistrationEffect> Looked(this RegistrationCore core, EntrySight sight, TimeSpan now) => core.Act(sight, now);

    public static IReadOnlyList<RegistrationEffect> PutBack(this RegistrationCore core, bool isWritten, TimeSpan now) =>
        core.Act(new RegistrationInput.PutBack(isWritten), now);

    public static IReadOnlyList<RegistrationEffect> LookFailed(this RegistrationCore core, string problem, TimeSpan now) =>
        core.Act(new RegistrationInput.LookFailed(problem), now);

    public static IReadOnlyList<RegistrationEffect> Ability(this RegistrationCore core, string? trouble, TimeSpan now) =>
        core.Act(new RegistrationInput.Ability(trouble), now);

    public static IReadOnlyList<RegistrationEffect> Drain(this RegistrationCore core) => core.Act(new RegistrationInput.Drain());

    public static IReadOnlyList<RegistrationEffect> Updated(this RegistrationCore core) => core.Act(new RegistrationInput.Updated());

    public static IReadOnlyList<RegistrationEffect> UpdateFailed(this RegistrationCore core, string problem) =>
        core.Act(new RegistrationInput.UpdateFailed(problem));

    public static IReadOnlyList<RegistrationEffect> Leave(this RegistrationCore core) => core.Act(new RegistrationInput.Leave());

    public static IReadOnlyList<RegistrationEffect> Tick(this RegistrationCore core, TimeSpan now) => core.Act(Core.Machines.Tick.Instance, now);

    private static IReadOnlyList<RegistrationEffect> Act(this RegistrationCore core, object input, TimeSpan now = default) =>
        [.. core.Handle(input, now).Where(e => e is not (RegistrationEffect.DrainingAnnounced or RegistrationEffect.RegistryLeft))];
}
