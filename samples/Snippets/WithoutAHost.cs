using Akka.Actor;
using AkkaLb.Balancing;
using AkkaLb.Client;
using AkkaLb.Messages;
using AkkaLb.Samples;
using AkkaLb.Worker;

namespace Snippets;

/// <summary>The libraries in an actor system that somebody has made.</summary>
internal static class WithoutAHost
{
    public static async Task BalanceAsync(ActorSystem system)
    {
        // <balancer>
        // Created with remoting, and HostSystem.Needs above your configuration.
        await using var balancer = await EmbeddedBalancer.StartAsync(system, EmbeddedBalancerOptions.With("least-requests"));
        await using var client = BalancedClient.On(system, BalancedClientOptions.To($"{balancer.Address}"));
        // </balancer>
    }

    public static async Task WorkAsync(ActorSystem system, UserMessages messages)
    {
        // <worker>
        // Created with remoting, HostSystem.Needs above your configuration, and messages.ToSetup(),
        // your types and their short names, as at the clients.
        await using var worker = await BalancedWorker.StartAsync(
            system, Props.Create<Greeter>(), BalancedWorkerOptions.To("greeter-1", "127.0.0.1:4053") with { Messages = messages });
        Console.WriteLine(await worker.Ended);   // null after DisposeAsync, else why it is a worker no more
        // </worker>
    }

    public static async Task AskAsync(UserMessages messages)
    {
        // <client>
        // Your types and their short names, as at the workers.
        var options = BalancedClientOptions.To("127.0.0.1:4053") with { Messages = messages };
        await using var client = await BalancedClient.ConnectAsync(options);
        var greeting = await client.AskAsync<Greeting>(new Greet("World"));
        // </client>
        Console.WriteLine(greeting);
    }

    public static async Task<Film> RenderAsync(BalancedClient client, CancellationTokenSource cancellation)
    {
        // <progress>
        // Printed is an IProgress<object> that writes to the console. A Progress<object> keeps no order there.
        var options = new JobOptions { Progress = new Printed() };
        var film = await client.AskAsync<Film>(new Render("Intro", Frames: 20), options, cancellation.Token);
        // </progress>
        return film;
    }

    private sealed class Printed : IProgress<object>
    {
        public void Report(object value) => Console.WriteLine(value);
    }

    private sealed class Greeter : ReceiveActor;

    private sealed class Renderer : ReceiveActor
    {
        public Renderer()
        {
            // <job>
            ReceiveAsync<Render>(async m =>
            {
                var job = JobContext.Of(Sender);   // null where no gate has sent the message, in a test say
                var stop = job?.CancellationToken ?? default;   // also at hand: job.Id, job.Attempt, job.Remaining
                try
                {
                    Sender.Tell(await RenderAsync(m, stop));
                }
                catch (OperationCanceledException e) when (stop.IsCancellationRequested)
                {
                    Sender.Tell(new Status.Failure(e));   // thrown on, it would restart the actor
                }
            });
            // </job>
        }

        private static async Task<Film> RenderAsync(Render render, CancellationToken cancellationToken)
        {
            await Task.Delay(render.Frames, cancellationToken);
            return new Film(render.Title, render.Frames);
        }
    }
}
