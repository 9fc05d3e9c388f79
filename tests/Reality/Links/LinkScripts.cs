namespace AkkaLb.Reality.Links;

/// <summary>What happens between two nodes, and what they see of it.</summary>
/// <remarks>
/// <para>The words: <c>send a b 1 2</c>, <c>closed a b 3</c> (within the time in which the address is closed), <c>reach a b 90</c> (again and
/// again until it arrives), <c>learn a b</c> and <c>reference a 3</c> (by a reference with its uid), <c>kill b</c>, <c>kill-unheard b</c> (the
/// other is not told), <c>leave b</c> (in order), <c>restart b</c>, <c>freeze b</c>, <c>thaw b</c>, <c>cut</c> and <c>heal</c> the network
/// (<c>cut-way b</c> and <c>heal-way b</c>: only what b sends),
/// <c>reset</c> (both ends see the connection break), <c>break-unheard b</c> (only b sees it), <c>standing b</c> (b has not seen it yet),
/// <c>hear</c> (now the other does too), <c>wait b got 1</c>.</para>
/// </remarks>
internal static class LinkScripts
{
    /// <summary>The loss of the old process, told behind the connection or the first message of the new one.</summary>
    private const string LateLoss = "connected, got 2, lost | connected, lost, connected, lost, got 2 | connected, lost, connected, got 2, lost";

    public static IReadOnlyList<LinkScript> All { get; } =
    [
        new(
            "the first message dials, and what waits comes in order",
            "send a b 1 2 3; wait a connected; wait b got 3",
            "connected",
            "connected, got 1, got 2, got 3"),
        new(
            "one connection serves both ways",
            "send a b 1; wait b got 1; send b a 2; wait a got 2",
            "connected, got 2",
            "connected, got 1"),
        new(
            "both dial at once",
            "send a b 1; send b a 2; wait b got 1; wait a got 2",
            "connected, got 2",
            "connected, got 1"),
        new(
            "nobody listens",
            "kill b; send a b 1 2; wait a dead 2; closed a b 3; wait a dead 3; restart b; reach a b 90",
            "lost, dead 1, dead 2, dead 3, connected",
            "started, connected, got 90"),
        new(
            "a process is killed and comes back",
            "send a b 1; wait b got 1; kill b; wait a lost; closed a b 2; wait a dead 2; restart b; reach a b 90",
            "connected, lost, dead 2, connected",
            "connected, got 1, started, connected, got 90"),
        new(
            "a process leaves in order and comes back",
            "send a b 1; wait b got 1; leave b; wait a lost; closed a b 2; wait a dead 2; restart b; reach a b 90",
            "connected, lost, dead 2, connected",
            "connected, got 1, started, connected, got 90"),
        new(
            "a connection is torn",
            "send a b 1; wait b got 1; reset; wait a lost; wait b lost; closed a b 2; closed b a 3; wait a dead 2; wait b dead 3; reach a b 90; " +
            "send b a 4; wait a got 4",
            "connected, lost, dead 2, connected, got 4",
            "connected, got 1, lost, dead 3, connected, got 90"),
        new(
            "a connection that comes in opens a closed address",
            "kill b; send a b 1; wait a dead 1; restart b; send b a 2; wait a got 2; closed a b 3; reach a b 90",
            "lost, dead 1, connected, got 2",
            "started, connected, got 3, got 90"),
        new(
            "a process that was killed dials while its address is closed",
            "send a b 1; wait b got 1; kill b; wait a lost; restart b; send b a 2; wait a got 2; closed a b 3; reach a b 90",
            "connected, lost, connected, got 2",
            "connected, got 1, started, connected, got 3, got 90"),
        new(
            "a reference of before the restart",
            "learn a b; kill b; wait a lost; restart b; reach a b 90; reference a 3; send a b 4; wait b got 4",
            "connected, lost, connected",
            "connected, started, connected, got 90, dead 3, got 4"),
        new(
            "a dial waits for a process that stands still",
            "freeze b; send a b 1 2; thaw b; wait b got 2",
            "connected",
            "connected, got 1, got 2"),
        new(
            "a dial waits for too long",
            "freeze b; send a b 1 2; wait a dead 2; closed a b 3; wait a dead 3; " +
            "thaw b; wait b lost; closed b a 5; wait b dead 5; reach a b 90; send b a 4; wait a got 4",
            "lost, dead 1, dead 2, dead 3, connected, got 4",
            "connected, lost, dead 5, connected, got 90"),
        new(
            "a process stands still for a while",
            "send a b 1; wait b got 1; freeze b; send a b 2 3; thaw b; wait b got 3",
            "connected",
            "connected, got 1, got 2, got 3"),
        new(
            "a process is killed while it stands still",
            "send a b 1; wait b got 1; freeze b; send a b 2; kill b; wait a lost; restart b; reach a b 90",
            "connected, lost, dead 2?, connected",
            "connected, got 1, started, connected, got 90"),
        new(
            "a new process dials before the end of the old one is known",
            "send a b 1; wait b got 1; kill-unheard b; restart b; send b a 2; wait a got 2; reach a b 90",
            "connected, lost, connected, got 2 | connected, lost, got 2",
            "connected, got 1, started, connected, got 90",
            OnlyRealA: LateLoss),
        new(
            "what is sent to a dead process before its end is known",
            "send a b 1; wait b got 1; kill-unheard b; send a b 3; restart b; send b a 2; wait a got 2; reach a b 90",
            "connected, lost, dead 3?, connected, got 2 | connected, lost, dead 3?, got 2",
            "connected, got 1, started, connected, got 90",
            OnlyRealA: LateLoss),
        new(
            "only the dialler sees the break, and dials again",
            "send a b 1; wait b got 1; break-unheard a; wait a lost; reach a b 90; standing b; send b a 3; hear; wait b lost; " +
            "closed b a 4; wait b dead 4; reach b a 91; send a b 5; wait b got 5",
            "connected, lost, connected, got 91",
            "connected, got 1, got 90, lost, dead 3?, dead 4, connected, got 5"),
    ];

    /// <summary>Those that need a network which can be cut, or processes that can be stopped.</summary>
    public static IReadOnlyList<LinkScript> OfProcesses { get; } =
    [
        new(
            "the network is cut for longer than 12 s",
            "send a b 1; wait b got 1; cut; send a b 2; wait a lost; closed a b 3; wait a dead 3; wait b lost; heal; reach a b 90; " +
            "send b a 4; wait a got 4",
            "connected, lost, dead 2?, dead 3, connected, got 4",
            "connected, got 1, lost, connected, got 90",
            // A dial that was begun behind the cut may get through at its end, when its dialler has given it up already. And a message may
            // overtake the event of the connection on which it came.
            OnlyRealB: "connected, got 1, lost, connected, lost, connected, got 90 | connected, got 1, lost, connected, lost, got 90, connected"
            + " | connected, got 1, lost, got 90, connected"),
        new(
            "the network is cut for a moment",
            "send a b 1; wait b got 1; cut; send a b 2 3; send b a 4; heal; wait b got 3; wait a got 4",
            "connected, got 4",
            "connected, got 1, got 2, got 3"),
        new(
            "the network is cut for a moment, one way",
            "send a b 1; wait b got 1; cut-way b; send a b 2; wait b got 2; send b a 4; heal-way b; wait a got 4",
            "connected, got 4",
            "connected, got 1, got 2"),
        new(
            "a process is killed and comes back behind a cut",
            "send a b 1; wait b got 1; cut; kill b; send a b 3; restart b; heal; send b a 2; wait a got 2; reach a b 90",
            "connected, lost, connected, got 2 | connected, lost, got 2",
            "connected, got 1, started, connected, got 90",
            OnlyRealA: LateLoss),
        .. All.Where(s => s.Name is "a process is killed and comes back" or "a dial waits for a process that stands still"
            or "a process is killed while it stands still"),
    ];
}
