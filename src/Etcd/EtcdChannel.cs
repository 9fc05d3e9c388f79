using dotnet_etcd;
using Grpc.Net.Client;

namespace AkkaLb.Etcd;

/// <summary>One member's gRPC channel and the package's clients on it.</summary>
/// <remarks>The channel has an HTTP handler that dials for itself, so that gRPC keeps no state of the connection: each call that finds none has the
/// handler dial. Nothing is repeated below: each call is tried once, and who calls decides what is safe to repeat.</remarks>
internal sealed class EtcdChannel : IDisposable
{
    /// <summary>Largest answer taken, in bytes: 64 MiB holds more than 100,000 workers; gRPC's own limit of 4 MiB would not hold a backlog.</summary>
    private const int ReceivedBytesMax = 64 * 1024 * 1024;

    private readonly GrpcChannel _channel;

    /// <summary>Nothing is dialled yet.</summary>
    public EtcdChannel(EtcdEndpoint endpoint, EtcdSettings settings, EtcdDialer dialer)
    {
        _channel = GrpcChannel.ForAddress(endpoint.ToString(), Options(settings, dialer));
        Client = new EtcdClient(_channel.CreateCallInvoker());
    }

    public EtcdClient Client { get; }

    /// <summary>Calls on it end with a fault.</summary>
    public void Dispose()
    {
        Client.Dispose();
        _channel.Dispose();
    }

    internal static GrpcChannelOptions Options(EtcdSettings settings, EtcdDialer dialer) => new()
    {
        HttpHandler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            EnableMultipleHttp2Connections = true,
            // Pings find a frozen server behind a silent watch. With no stream open etcd counts any ping as abuse.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = settings.PingDelay,
            KeepAlivePingTimeout = settings.PingTimeout,
            ConnectCallback = (_, cancellationToken) => dialer.ConnectAsync(cancellationToken),
        },
        DisposeHttpClient = true,
        MaxReceiveMessageSize = ReceivedBytesMax,
    };
}
