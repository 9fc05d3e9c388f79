using dotnet_etcd;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;

namespace AkkaLb.Etcd;

/// <summary>How the gRPC channel below the etcd client behaves.</summary>
internal static class EtcdChannel
{
    /// <summary>Largest answer taken, in bytes: 64 MiB holds more than 100,000 workers; gRPC's own limit of 4 MiB would not hold a backlog.</summary>
    private const int ReceivedBytesMax = 64 * 1024 * 1024;

    /// <summary>A client for these endpoints. Nothing is dialled yet.</summary>
    /// <remarks>The package chooses TLS by its constructor and not by the scheme.</remarks>
    public static EtcdClient Open(EtcdSettings settings)
    {
        var endpoints = string.Join(',', settings.Endpoints);
        return settings.IsTls
            ? new EtcdClient(endpoints, static _ => { }, configureChannelOptions: options => Configure(options, settings))
            : new EtcdClient(endpoints, configureChannelOptions: options => Configure(options, settings));
    }

    internal static void Configure(GrpcChannelOptions options, EtcdSettings settings)
    {
        // Ours takes the place of the package's, TLS options included.
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = settings.RequestTimeout,
            EnableMultipleHttp2Connections = true,
            // Pings find a frozen server behind a silent watch. With no stream open etcd counts any ping as abuse.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = settings.PingDelay,
            KeepAlivePingTimeout = settings.PingTimeout,
        };
        if (settings.IsTls)
        {
            (settings.Tls ?? new EtcdTls()).Configure(handler.SslOptions);
        }

        options.HttpHandler = handler;
        options.MaxReceiveMessageSize = ReceivedBytesMax;
        // The package would repeat every call, writes too, for up to 20 s. Here each call is tried once, and who calls decides what is safe to repeat.
        options.ServiceConfig = new ServiceConfig { LoadBalancingConfigs = { new RoundRobinConfig() } };
        // gRPC's own back-off grows to two minutes; etcd would be up again for long before anybody dialled it.
        options.MaxReconnectBackoff = settings.ReconnectDelayMax;
        options.InitialReconnectBackoff = settings.ReconnectDelayMin;
    }
}
