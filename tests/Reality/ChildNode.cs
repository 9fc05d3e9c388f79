using System.Globalization;
using Akka.Configuration;
using AkkaLb.Reality.Links;

namespace AkkaLb.Reality;

/// <summary>A node in a process of its own: <c>HOST PORT</c> on the command line is where it listens, <c>HOST PORT NUMBER</c> on its input is what to
/// send. It prints what it sees.</summary>
internal static class ChildNode
{
    /// <summary>Its first line.</summary>
    public const string Listening = "listening";

    public static void Main(string[] arguments)
    {
        var (host, port) = (arguments[0], Number(arguments[1]));
        var node = new RealNode(host, port, port, Config.Empty);
        node.Begin(Print);
        Print(Listening);
        while (Console.ReadLine() is { } line && line.Split(' ') is [var toHost, var toPort, var number])
        {
            node.Send(RealNode.AddressOf(toHost, Number(toPort)), Number(number));
        }
    }

    private static void Print(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
