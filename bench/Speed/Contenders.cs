namespace AkkaLb.Bench.Speed;

/// <summary>One way of asking that is measured beside the others.</summary>
/// <param name="Call">The name of the call in the party's process that asks.</param>
internal sealed record Contender(string Name, Party Party, string Call)
{
    public bool IsMeantBy(string text) => Name.Contains(text, StringComparison.OrdinalIgnoreCase);
}

internal static class Contenders
{
    /// <summary>Akka.Remote and nothing else: bytes to an actor that answers with bytes, as many as an assignment's question and answer
    /// have.</summary>
    public static readonly Contender AskDotNetty = Of(Parties.DotNetty, Node.AskCall);

    /// <inheritdoc cref="AskDotNetty"/>
    public static readonly Contender AskPipelines = Of(Parties.Pipelines, Node.AskCall);

    /// <summary>A job's message to an actor that answers it, without AkkaLb.</summary>
    public static readonly Contender BareJobPipelines = Of(Parties.Pipelines, Node.BareJobCall);

    /// <summary>A question to the balancer.</summary>
    public static readonly Contender AssignPipelines = Of(Parties.Pipelines, Node.AssignCall);

    /// <inheritdoc cref="AssignPipelines"/>
    public static readonly Contender AssignDotNetty = Of(Parties.DotNetty, Node.AssignCall);

    /// <summary>A job through a client: the balancer's assignment, the worker's gate and an actor that answers.</summary>
    public static readonly Contender JobPipelines = Of(Parties.Pipelines, Node.JobCall);

    /// <summary>The same where the client asks for each job when it is there, and not ahead.</summary>
    public static readonly Contender AskedJobPipelines = Of(Parties.Pipelines, Node.AskedJobCall);

    /// <inheritdoc cref="JobPipelines"/>
    public static readonly Contender JobDotNetty = Of(Parties.DotNetty, Node.JobCall);

    /// <summary>A question to the balancer for a hundred assignments; each of them counts.</summary>
    public static readonly Contender Assign100Pipelines = Of(Parties.Pipelines, Node.Assign100Call);

    /// <summary>Two sockets and nothing else: what no lane between two processes can be faster than.</summary>
    public static readonly Contender Socket = new("socket", Parties.Socket, RawSocket.Call);

    public static readonly Contender Grpc = new("grpc", Parties.Grpc, "call");

    public static readonly Contender Orleans = new("orleans", Parties.Orleans, "call");

    public static readonly IReadOnlyList<Contender> All =
    [
        AskDotNetty, AskPipelines, BareJobPipelines, AssignPipelines, AssignDotNetty, JobPipelines, AskedJobPipelines, JobDotNetty,
        Assign100Pipelines, Grpc, Orleans, Socket,
    ];

    private static Contender Of(Party party, string call) => new($"{call} {party.Name}", party, call);
}
