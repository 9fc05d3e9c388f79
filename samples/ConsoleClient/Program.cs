using AkkaLb.Client;
using AkkaLb.Samples;

if (args is not [var balancer, var title]) { Console.Error.WriteLine("usage: ConsoleClient HOST:PORT-OF-THE-BALANCER TITLE"); return 2; }
try
{
    await using var client = await BalancedClient.ConnectAsync(BalancedClientOptions.To(balancer) with { Messages = Contract.Messages });
    var film = await client.AskAsync<Film>(new Render(title, Frames: 20), new JobOptions { Progress = new Printed() });
    Console.WriteLine($"{film.Title}: {film.Frames} frames");
    return 0;
}
catch (Exception e) when (e is NoBalancerException or JobFailedException or ArgumentException) { Console.Error.WriteLine(e.Message); return 1; }

/// <summary>Prints one message after another. <see cref="Progress{T}"/> keeps no order on a console.</summary>
internal sealed class Printed : IProgress<object> { public void Report(object value) => Console.WriteLine(value); }
