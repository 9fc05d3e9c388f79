using System.Globalization;
using System.Text;
using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Serialization;

namespace AkkaLb.Samples.ClusterApp;

internal sealed record Order(string Customer);

internal sealed record Receipt(string Customer, int Number);

/// <summary>The application's own singleton: it numbers the orders of the whole cluster.</summary>
internal sealed class OrderBook : ReceiveActor
{
    private int _count;

    public OrderBook() => Receive<Order>(m => Sender.Tell(new Receipt(m.Customer, ++_count)));
}

internal static class OrderBooks
{
    /// <returns>How each node reaches it, wherever it is.</returns>
    public static IActorRef StartSingleton(ActorSystem system)
    {
        system.ActorOf(
            ClusterSingletonManager.Props(Props.Create<OrderBook>(), PoisonPill.Instance, ClusterSingletonManagerSettings.Create(system)),
            "order-book");
        return system.ActorOf(
            ClusterSingletonProxy.Props("/user/order-book", ClusterSingletonProxySettings.Create(system)), "order-book-proxy");
    }
}

/// <summary>The application's own serializer, for its own messages.</summary>
internal sealed class OrderSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override int Identifier => 7001;

    public override string Manifest(object o) => o is Order ? "order" : "receipt";

    public override byte[] ToBinary(object obj) => Encoding.UTF8.GetBytes(obj switch
    {
        Order m => m.Customer,
        Receipt m => string.Create(CultureInfo.InvariantCulture, $"{m.Number} {m.Customer}"),
        _ => throw new ArgumentException($"{obj.GetType()} is neither", nameof(obj)),
    });

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var text = Encoding.UTF8.GetString(bytes);
        return manifest == "order"
            ? new Order(text)
            : new Receipt(text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..], int.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture));
    }
}
