using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Messages;
using AkkaLb.Samples.GreeterWorker;
using AkkaLb.WorkerNode;

var messages = new UserMessages([new("greet", typeof(Greet)), new("greeting", typeof(Greeting))]);
return args switch
{
    ["worker", .. var flags] => await WorkerHost.RunAsync(flags, Props.Create<Greeter>(), messages),
    ["ask", var name] => await AskAsync(name, "127.0.0.1:4053"),
    ["ask", var name, "--balancer", var balancer] => await AskAsync(name, balancer),
    _ => Refuse("say \"worker [FLAGS]\" or \"ask NAME [--balancer HOST:PORT]\""),
};

async Task<int> AskAsync(string name, string balancer)
{
    try
    {
        await using var lb = await BalancedClient.ConnectAsync(BalancedClientOptions.To(balancer) with { Messages = messages });
        Console.WriteLine((await lb.AskAsync<Greeting>(new Greet(name))).Text);
        return 0;
    }
    catch (Exception e) when (e is NoBalancerException or JobFailedException or ArgumentException)
    {
        return Refuse(e.Message);
    }
}

int Refuse(string why)
{
    Console.Error.WriteLine(why);
    return 2;
}
