namespace AkkaLb.Core.Registration;

/// <summary>What happens to a registration, beside <see cref="RegisterOutcome"/>, <see cref="KeepAliveOutcome"/> and
/// <see cref="EntrySight"/>.</summary>
public abstract record RegistrationInput
{
    private RegistrationInput() { }

    /// <summary>The first of all.</summary>
    public sealed record Start : RegistrationInput;

    public sealed record RegisterFailed(string Problem) : RegistrationInput;

    public sealed record KeepAliveFailed(string Problem) : RegistrationInput;

    /// <summary>The registry will not register or renew, and asking again will not help by itself.</summary>
    public sealed record Refused(string Problem) : RegistrationInput;

    /// <param name="IsWritten">False: something changed meanwhile, and nothing was written.</param>
    public sealed record PutBack(bool IsWritten) : RegistrationInput;

    /// <summary>The look, or the putting back, failed.</summary>
    public sealed record LookFailed(string Problem) : RegistrationInput;

    /// <summary>Whether the worker can do jobs.</summary>
    /// <param name="Trouble">Why it cannot; null: it can.</param>
    public sealed record Ability(string? Trouble) : RegistrationInput;

    /// <summary>Say draining in the registry; the lease is renewed while jobs finish. Answered with
    /// <see cref="RegistrationEffect.DrainingAnnounced"/>.</summary>
    public sealed record Drain : RegistrationInput;

    /// <summary>An <see cref="RegistrationEffect.Update"/> is done.</summary>
    public sealed record Updated : RegistrationInput;

    /// <summary>An <see cref="RegistrationEffect.Update"/> failed, or nobody knows how it ended.</summary>
    public sealed record UpdateFailed(string Problem) : RegistrationInput;

    /// <summary>Leave the registry for good. Answered with <see cref="RegistrationEffect.RegistryLeft"/>.</summary>
    public sealed record Leave : RegistrationInput;

    /// <param name="Problem">Why the lease could not be given back; null: it was.</param>
    public sealed record Deregistered(long LeaseId, string? Problem) : RegistrationInput;
}
