using AkkaLb.Client;
using AkkaLb.Samples;

// ConsoleClient HOST:PORT-OF-THE-BALANCER TITLE
var messages = Contract.Messages;
var options = BalancedClientOptions.To(args[0]) with { Messages = messages };
await using var client = await BalancedClient.ConnectAsync(options);
var progress = new Progress<object>(m => Console.WriteLine(m));
var film = await client.AskAsync<Film>(new Render(args[1], Frames: 20), new JobOptions { Progress = progress });
Console.WriteLine($"{film.Title}: {film.Frames} frames");
