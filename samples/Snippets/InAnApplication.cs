using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Hosting;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Samples.GreeterWorker;
using AkkaLb.Worker;
using Microsoft.Extensions.Hosting;

namespace Snippets;

/// <summary>AkkaLb.Hosting.</summary>
internal static class InAnApplication
{
    public static void Elsewhere(HostApplicationBuilder builder, UserMessages messages)
    {
        // <elsewhere>
        builder.Services.AddAkka("Shop", akka => akka
            .WithRemoting("127.0.0.1", 0)
            .WithAkkaLb(messages)
            .WithAkkaLbWorker<Greeter>(BalancedWorkerOptions.To("greeter-1", "127.0.0.1:4053")));
        // BalancedClient in the services; "ConnectionStrings": { "shop": "127.0.0.1:4053" }
        builder.AddAkkaLbClient("shop", client => client.Messages = messages);
        // </elsewhere>
    }

    public static void InOneProcess(HostApplicationBuilder builder)
    {
        // <one-process>
        // The same at workers and clients.
        var messages = new UserMessages([new("greet", typeof(Greet)), new("greeting", typeof(Greeting))]);
        builder.Services.AddAkka("Shop", akka => akka
            .WithRemoting("127.0.0.1", 0)
            .WithAkkaLb(messages)
            .WithAkkaLbBalancer("least-requests")
            .WithAkkaLbWorker<Greeter>(new() { Id = "greeter-1", Balancers = FixedBalancers.Own }));
        builder.AddAkkaLbClient("shop", client => client.Balancers = FixedBalancers.Own);
        // </one-process>
    }
}
