namespace AkkaLb.Reality.Links;

/// <summary>Two nodes and what lies between them: real, or modelled. A node writes into its journal <c>connected</c>, <c>lost</c>, <c>got N</c>
/// and <c>dead N</c>.</summary>
internal interface ILinkWorld : IAsyncDisposable
{
    Journal this[string node] { get; }

    /// <summary>Starts both nodes.</summary>
    Task StartAsync();

    /// <summary>Sends a number by a path.</summary>
    void Send(string from, string to, int number);

    /// <summary>Keeps a reference to the other's actor, as it is now.</summary>
    Task LearnAsync(string from, string to);

    /// <summary>Sends by the reference that was kept.</summary>
    void SendByReference(string from, int number);

    /// <summary>Does what a word of a script says: see <see cref="LinkScripts"/>.</summary>
    Task DoAsync(string what, string node);

    /// <summary>Waits for the line.</summary>
    Task WaitAsync(string node, string line);

    /// <summary>Lets a little time pass, or until something is seen.</summary>
    Task PauseAsync();

    /// <summary>Throws <see cref="TooLateException"/> when the node has lost a connection already.</summary>
    void AssertStanding(string node);

    /// <summary>Throws <see cref="TooLateException"/> when the address has been closed for too long to be sure that it still is.</summary>
    void AssertClosed(string from);
}

/// <summary>The time for a step was over before it came, so that the script was no longer the same. It has to be run again.</summary>
internal sealed class TooLateException : Exception;
