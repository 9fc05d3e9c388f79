namespace AkkaLb.Core.Machines;

/// <summary>How much what is told matters to an operator.</summary>
public enum NoteLevel
{
    /// <summary>Something has changed that is as it should be.</summary>
    Info,

    /// <summary>Trouble that AkkaLb deals with itself.</summary>
    Warning,

    /// <summary>Trouble that somebody should look at.</summary>
    Error,
}
