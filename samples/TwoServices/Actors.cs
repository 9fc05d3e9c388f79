using Akka.Actor;

namespace AkkaLb.Samples.TwoServices;

/// <summary>One kind of worker: its jobs are short, and it does many at once.</summary>
internal sealed class Greeter : ReceiveActor
{
    public Greeter() => Receive<Greet>(m => Sender.Tell(new Greeting($"Hello, {m.Name}!")));
}

/// <summary>Another kind, which does one job at a time.</summary>
internal sealed class Renderer : ReceiveActor
{
    public Renderer() => Receive<Render>(m => Sender.Tell(new Film(m.Title, m.Frames)));
}
