using System.Net;
using System.Net.Sockets;
using AkkaLb.Bench.Load;

namespace AkkaLb.Bench.Speed;

/// <summary>A program that is measured: how its two processes are started.</summary>
/// <param name="Assembly">Beside this program, or below the folder of the peers.</param>
/// <param name="Serve">Makes the arguments of the process that answers.</param>
/// <param name="Drive">Makes the arguments of the process that asks, from where the other one listens.</param>
internal sealed record Party(string Name, string Assembly, Func<string[]> Serve, Func<string, string[]> Drive)
{
    /// <summary>Whether it is one of the peers, which are built apart.</summary>
    public bool IsPeer => Assembly != ChildProcess.OwnAssembly;
}

internal static class Parties
{
    public static readonly Party DotNetty = Own(Node.DotNetty);

    public static readonly Party Pipelines = Own(Node.Pipelines);

    public static readonly Party Socket = Own(RawSocket.Name);

    public static readonly Party Grpc = new("grpc", PathOf("Grpc"), () => ["serve"], server => ["drive", server]);

    public static readonly Party Orleans = new("orleans", PathOf("Orleans"), () => ["serve", .. FreePorts(2)], server => ["drive", server]);

    private static Party Own(string transport) =>
        new(transport, ChildProcess.OwnAssembly, () => ["serve", transport], server => ["drive", transport, server]);

    private static string PathOf(string peer) => Path.Combine(peer, "Speed", "bin", "Release", "net10.0", $"{peer}.Speed.dll");

    /// <summary>Nobody holds them; that somebody takes one before it is used cannot be ruled out.</summary>
    private static string[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(l => l.Start());
        string[] ports = [.. listeners.Select(l => $"{((IPEndPoint)l.LocalEndpoint).Port}")];
        listeners.ForEach(l => l.Dispose());
        return ports;
    }
}
