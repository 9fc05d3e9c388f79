using System.Globalization;
using System.Net;
using AkkaLb.Bench.Speed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Peers.Speed;

switch (args)
{
    case ["serve", var silo, var gateway]:
        await ServeAsync(int.Parse(silo, CultureInfo.InvariantCulture), int.Parse(gateway, CultureInfo.InvariantCulture));
        return 0;
    case ["drive", var server]:
        await DriveAsync(IPEndPoint.Parse(server));
        return 0;
    default:
        Console.Error.WriteLine("serve SILO-PORT GATEWAY-PORT | drive HOST:PORT");
        return 2;
}

// Until standard input ends, which it also does when the process that started this one dies.
static async Task ServeAsync(int siloPort, int gatewayPort)
{
    var builder = Builder();
    builder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort, gatewayPort));
    using var host = builder.Build();
    await host.StartAsync();
    Console.WriteLine($"ready server {IPAddress.Loopback}:{gatewayPort}");
    await Console.In.ReadToEndAsync();
    await host.StopAsync();
}

static async Task DriveAsync(IPEndPoint gateway)
{
    var builder = Builder();
    builder.UseOrleansClient(client => client.UseLocalhostClustering(gateway.Port));
    using var host = builder.Build();
    await host.StartAsync();
    var grain = host.Services.GetRequiredService<IClusterClient>().GetGrain<IAnswering>(0);
    var question = new Question(new byte[Sizes.QuestionBytes]);
    await Driver.RunAsync(new Dictionary<string, Func<Task<int>>>
    {
        ["call"] = async () => (await grain.AskAsync(question)).Content.Length == Sizes.AnswerBytes
            ? 1
            : throw new InvalidDataException("not the answer"),
    });
    await host.StopAsync();
}

// The settings beside the program, not those of the folder in which it is started.
static HostApplicationBuilder Builder()
{
    var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
    builder.Logging.ClearProviders();
    return builder;
}

namespace Peers.Speed
{
    internal static class Sizes
    {
        public const int QuestionBytes = 38;
        public const int AnswerBytes = 58;
    }

    public interface IAnswering : IGrainWithIntegerKey
    {
        Task<Answer> AskAsync(Question question);
    }

    /// <summary>Immutable: neither side copies the content for its own safety.</summary>
    [GenerateSerializer, Immutable]
    public sealed record Question([property: Id(0)] byte[] Content);

    /// <inheritdoc cref="Question"/>
    [GenerateSerializer, Immutable]
    public sealed record Answer([property: Id(0)] byte[] Content);

    /// <summary>Reentrant: the answer is there at once, and a question that waits for another one's answer to leave would measure the wait.</summary>
    [Reentrant]
    public sealed class AnsweringGrain : Grain, IAnswering
    {
        private static readonly Answer Content = new(new byte[Sizes.AnswerBytes]);

        public Task<Answer> AskAsync(Question question) => Task.FromResult(Content);
    }
}
