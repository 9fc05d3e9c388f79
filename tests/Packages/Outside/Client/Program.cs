using AkkaLb.Client;
using Shop;

// Asks once: Shop.Client HOST:PORT-OF-THE-BALANCER NAME.
await using var client = await BalancedClient.ConnectAsync(BalancedClientOptions.To(args[0]) with { Messages = Contract.Messages });
var greeting = await client.AskAsync<Greeting>(new Greet(args[1]));
Console.WriteLine(greeting.Text);
