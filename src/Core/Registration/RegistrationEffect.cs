namespace AkkaLb.Core.Registration;

/// <summary>What the registration asks its shell to do.</summary>
public abstract record RegistrationEffect
{
    private RegistrationEffect() { }

    /// <summary>Register; answer with <see cref="RegisterOutcome"/>, <see cref="RegistrationInput.RegisterFailed"/> or
    /// <see cref="RegistrationInput.Refused"/>.</summary>
    public sealed record Register(WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Renew; answer with <see cref="KeepAliveOutcome"/>, <see cref="RegistrationInput.KeepAliveFailed"/> or
    /// <see cref="RegistrationInput.Refused"/>.</summary>
    public sealed record KeepAlive(long LeaseId) : RegistrationEffect;

    /// <summary>Write the changed record; answer with <see cref="RegistrationInput.Updated"/> or
    /// <see cref="RegistrationInput.UpdateFailed"/>.</summary>
    public sealed record Update(long LeaseId, WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Look what the registry holds under the id; answer with <see cref="EntrySight"/> or
    /// <see cref="RegistrationInput.LookFailed"/>.</summary>
    public sealed record Look(long LeaseId, WorkerRecord Worker) : RegistrationEffect;

    /// <summary>Put the entry under the lease if what is there is still at <paramref name="Revision"/> (zero: if nothing is there); answer with
    /// <see cref="RegistrationInput.PutBack"/> or <see cref="RegistrationInput.LookFailed"/>.</summary>
    public sealed record PutBack(long LeaseId, WorkerRecord Worker, long Revision) : RegistrationEffect;

    /// <summary>Give the lease back; answer with <see cref="RegistrationInput.Deregistered"/>.</summary>
    public sealed record Deregister(long LeaseId) : RegistrationEffect;

    /// <summary>The worker is registered for the first time.</summary>
    public sealed record Ready : RegistrationEffect;

    /// <summary>Answer who said <see cref="RegistrationInput.Drain"/>: the registry has been told, or could not be.</summary>
    public sealed record DrainingAnnounced : RegistrationEffect;

    /// <summary>Answer who said <see cref="RegistrationInput.Leave"/>: the lease has been given back, or could not be.</summary>
    public sealed record RegistryLeft : RegistrationEffect;

    /// <summary>Something to tell the operator; <paramref name="IsTrouble"/> as a warning.</summary>
    public sealed record Note(string Text, bool IsTrouble) : RegistrationEffect;

    /// <summary>There is no way on: drain what runs and end, with this sentence.</summary>
    public sealed record GiveUp(string Sentence) : RegistrationEffect;
}
