using dotnet_etcd;

namespace AkkaLb.Etcd;

/// <summary>One member: its channel, and what is known of the connections to it. Thread-safe.</summary>
internal sealed class EtcdMember : IDisposable
{
    private readonly int _index;
    private readonly EtcdEndpoint _endpoint;
    private readonly EtcdDialer _dialer;
    private readonly RenewedChannel<EtcdChannel> _channel;

    public EtcdMember(int index, EtcdEndpoint endpoint, EtcdSettings settings, TimeSpan renewChannelAfter, INetwork network, TimeProvider time)
    {
        (_index, _endpoint) = (index, endpoint);
        _dialer = new EtcdDialer(endpoint, settings, network, time);
        _channel = new RenewedChannel<EtcdChannel>(() => new EtcdChannel(endpoint, settings, _dialer), renewChannelAfter);
    }

    /// <summary>For one call or stream.</summary>
    public Use Take() => new(this, _channel.Take());

    public void Dispose() => _channel.Dispose();

    /// <summary>One call or stream to this member. How it went may also be said after it was disposed.</summary>
    public sealed class Use(EtcdMember member, RenewedChannel<EtcdChannel>.Use channel) : IDisposable
    {
        public int Index => member._index;

        public EtcdClient Client => channel.Channel.Client;

        /// <summary>Its address, for messages.</summary>
        public string Endpoint { get; } = member._endpoint.ToString();

        /// <summary>Why the last try to connect failed; null when it did not.</summary>
        public NotConnectedException? Trouble => member._dialer.Trouble;

        public void Succeeded() => channel.Succeeded();

        public void Failed(TimeSpan now) => channel.Failed(now);

        public void Dispose() => channel.Dispose();
    }
}
