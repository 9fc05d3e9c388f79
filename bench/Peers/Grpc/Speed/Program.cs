using AkkaLb.Bench.Speed;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Peers.Speed;

switch (args)
{
    case ["serve"]:
        await ServeAsync();
        return 0;
    case ["drive", var server]:
        await DriveAsync(server);
        return 0;
    default:
        Console.Error.WriteLine("serve | drive HOST:PORT");
        return 2;
}

// Until standard input ends, which it also does when the process that started this one dies.
static async Task ServeAsync()
{
    // The settings beside the program, not those of the folder in which it is started.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
    builder.Logging.ClearProviders();
    builder.WebHost.ConfigureKestrel(server =>
        server.Listen(System.Net.IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
    builder.Services.AddGrpc();

    await using var app = builder.Build();
    app.MapGrpcService<AnsweringService>();
    await app.StartAsync();
    Console.WriteLine($"ready server {new Uri(app.Urls.First()).Authority}");
    await Console.In.ReadToEndAsync();
    await app.StopAsync();
}

static async Task DriveAsync(string server)
{
    using var channel = GrpcChannel.ForAddress($"http://{server}");
    var client = new Answering.AnsweringClient(channel);
    var question = new Question { Content = ByteString.CopyFrom(new byte[Sizes.QuestionBytes]) };
    await Driver.RunAsync(new Dictionary<string, Func<Task<int>>>
    {
        ["call"] = async () => (await client.AskAsync(question)).Content.Length == Sizes.AnswerBytes
            ? 1
            : throw new InvalidDataException("not the answer"),
    });
}

internal sealed class AnsweringService : Answering.AnsweringBase
{
    private static readonly ByteString Content = ByteString.CopyFrom(new byte[Sizes.AnswerBytes]);

    public override Task<Answer> Ask(Question request, ServerCallContext context) => Task.FromResult(new Answer { Content = Content });
}

/// <summary>Of the contents; a field's head takes two bytes more.</summary>
internal static class Sizes
{
    public const int QuestionBytes = 38;
    public const int AnswerBytes = 58;
}
