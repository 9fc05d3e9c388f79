using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Hosting;
using AkkaLb.Samples;
using AkkaLb.Samples.Archive;
using AkkaLb.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// Archive serve HOST:PORT-OF-THE-BALANCER FOLDER      a worker, until it is told to end
// Archive get HOST:PORT-OF-THE-BALANCER FILE          to standard output
switch (args)
{
    case ["serve", var balancer, var folder]:
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSingleton(new Shelf(folder));
        builder.Services.AddAkka("Archive", akka => akka
            .WithRemoting("127.0.0.1", 0)
            .WithAkkaLb(Contract.Messages)
            .WithAkkaLbWorker<Archivist>(BalancedWorkerOptions.To("archive-1", balancer)));
        await builder.Build().RunAsync();
        return 0;

    case ["get", var balancer, var file]:
        try
        {
            await using var client = await BalancedClient.ConnectAsync(BalancedClientOptions.To(balancer) with { Messages = Contract.Messages });
            await using var output = Console.OpenStandardOutput();
            // <client>
            await foreach (var piece in client.StreamAsync<byte[]>(new Fetch(file), new JobOptions { Deadline = TimeSpan.FromHours(1) }))
            {
                await output.WriteAsync(piece);
            }
            // </client>

            return 0;
        }
        catch (Exception e) when (e is NoBalancerException or JobFailedException or ArgumentException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }

    default:
        Console.Error.WriteLine("usage: Archive serve HOST:PORT FOLDER | Archive get HOST:PORT FILE");
        return 2;
}
