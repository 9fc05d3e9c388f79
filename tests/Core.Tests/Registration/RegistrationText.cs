using AkkaLb.Core.Registration;

namespace AkkaLb.Core.Tests.Registration;

internal static class RegistrationText
{
    /// <summary>What a registration asks for, in one line.</summary>
    public static string Text(IEnumerable<RegistrationEffect> effects) => string.Join(" | ", effects.Select(effect => effect switch
    {
        RegistrationEffect.Register => "register",
        RegistrationEffect.KeepAlive keep => $"keep {keep.LeaseId}",
        RegistrationEffect.Update update => $"update {update.LeaseId}",
        RegistrationEffect.Look look => $"look {look.LeaseId}",
        RegistrationEffect.PutBack put => $"put back {put.LeaseId} over {put.Revision}",
        RegistrationEffect.Deregister deregister => $"deregister {deregister.LeaseId}",
        RegistrationEffect.Ready => "ready",
        RegistrationEffect.DrainingAnnounced => "draining announced",
        RegistrationEffect.RegistryLeft => "registry left",
        RegistrationEffect.Note note => $"{(note.IsTrouble ? "warn" : "note")}: {note.Text}",
        RegistrationEffect.GiveUp giveUp => $"give up: {giveUp.Sentence}",
        _ => throw new ArgumentException(effect.ToString(), nameof(effects)),
    }));
}
