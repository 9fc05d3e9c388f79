using System.Net;
using System.Net.Sockets;
using Akka.Configuration;

namespace AkkaLb.Transport.Pipelines;

/// <summary>The section of the transport, under the names of the standard one. Those that speak of its buffers, threads and batches have no meaning
/// here and are ignored.</summary>
internal sealed record TransportSettings
{
    /// <summary>Where to listen; an address, a name, or all addresses.</summary>
    public required string Hostname { get; init; }

    /// <summary>0: any free port.</summary>
    public required int Port { get; init; }

    /// <summary>Under which others reach this node.</summary>
    public required string PublicHostname { get; init; }

    /// <summary>0: the one it listens at.</summary>
    public required int PublicPort { get; init; }

    public required bool HasTls { get; init; }

    /// <summary>Bounds a dial, and a TLS handshake.</summary>
    public required TimeSpan ConnectionTimeout { get; init; }

    /// <summary>The longest frame that is sent or read, without its header; at least 32,000 bytes.</summary>
    public required int FrameBytesMax { get; init; }

    /// <summary>How much may wait to be sent on a connection before a write is refused. Akka keeps what is refused and tries again.</summary>
    public required int OutboxBytesMax { get; init; }

    /// <summary>0: the kernel's own.</summary>
    public required int SendBufferBytes { get; init; }

    /// <summary>0: the kernel's own.</summary>
    public required int ReceiveBufferBytes { get; init; }

    public required int Backlog { get; init; }

    public required bool HasNoDelay { get; init; }

    public required bool HasKeepAlive { get; init; }

    /// <summary>Which family of a name's addresses is tried first, or alone.</summary>
    public required AddressFamily Family { get; init; }

    public required bool IsFamilyEnforced { get; init; }

    /// <summary>The kernel ends a connection whose other end has acknowledged nothing for so long (TCP's user timeout, RFC 5482; Linux); zero: TCP's
    /// own times. The kernel of a process that is paused still acknowledges, until it is full.</summary>
    public required TimeSpan UserTimeout { get; init; }

    /// <exception cref="ConfigurationException">Something in it cannot be; all of it is named.</exception>
    public static TransportSettings Read(Config config)
    {
        var problems = new List<string>();
        RefuseOther("transport-protocol", "tcp");
        RefuseOther("byte-order", "little-endian");
        var hostname = config.GetString("hostname", "");
        hostname = string.IsNullOrWhiteSpace(hostname) ? IPAddress.Any.ToString() : hostname;
        var publicHostname = config.GetString("public-hostname", "");
        var settings = new TransportSettings
        {
            Hostname = hostname,
            Port = Int("port", 2552, 0, ushort.MaxValue),
            PublicHostname = string.IsNullOrWhiteSpace(publicHostname) ? hostname : publicHostname,
            PublicPort = Int("public-port", 0, 0, ushort.MaxValue),
            HasTls = Bool("enable-ssl", false),
            ConnectionTimeout = Time("connection-timeout", TimeSpan.FromSeconds(15), isZeroAllowed: false),
            FrameBytesMax = Bytes("maximum-frame-size", 128_000, 32_000),
            OutboxBytesMax = Bytes("write-buffer-high-water-mark", 0, 0) is var mark and > 0 ? mark : OutboxBytesDefault,
            SendBufferBytes = Bytes("send-buffer-size", 256_000, 0),
            ReceiveBufferBytes = Bytes("receive-buffer-size", 256_000, 0),
            Backlog = Int("backlog", 4096, 1, int.MaxValue),
            HasNoDelay = Bool("tcp-nodelay", true),
            HasKeepAlive = Bool("tcp-keepalive", true),
            Family = Bool("dns-use-ipv6", false) ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
            IsFamilyEnforced = Bool("enforce-ip-family", false),
            UserTimeout = Time("tcp-user-timeout", TimeSpan.FromSeconds(12), isZeroAllowed: true),
        };
        return problems.Count == 0 ? settings : throw new ConfigurationException(string.Join("; ", problems));

        void RefuseOther(string name, string only)
        {
            if (config.GetString(name, only) is var value && !string.Equals(value, only, StringComparison.OrdinalIgnoreCase))
            {
                problems.Add($"{name} = {value} is not possible with this transport: it knows {only} only");
            }
        }

        int Int(string name, int @default, int min, int max)
        {
            var text = config.GetString(name, null);
            if (text is null)
            {
                return @default;
            }

            if (int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var value) && value >= min && value <= max)
            {
                return value;
            }

            problems.Add($"{name} = {text} is not a whole number from {min} to {max}");
            return @default;
        }

        bool Bool(string name, bool @default) => Read(name, @default, () => config.GetBoolean(name, @default));

        int Bytes(string name, int @default, int min)
        {
            var value = Read(name, @default, () => config.GetByteSize(name, @default) ?? @default);
            if (value >= min && value <= FrameBytesLimit)
            {
                return (int)value;
            }

            problems.Add($"{name} = {value} bytes is not from {min} to {FrameBytesLimit} bytes");
            return @default;
        }

        TimeSpan Time(string name, TimeSpan @default, bool isZeroAllowed)
        {
            var value = Read(name, @default, () => config.GetTimeSpan(name, @default));
            if (value <= TimeSpan.FromDays(1) && (value > TimeSpan.Zero || (isZeroAllowed && value == TimeSpan.Zero)))
            {
                return value;
            }

            problems.Add($"{name} = {value} is not above zero and at most a day");
            return @default;
        }

        T Read<T>(string name, T @default, Func<T> read)
        {
            try
            {
                return read();
            }
            catch (Exception e) when (e is FormatException or OverflowException or NotSupportedException or ArgumentException)
            {
                problems.Add($"{name} = {config.GetString(name, "")} cannot be: {e.Message}");
                return @default;
            }
        }
    }

    /// <summary>Eight of the longest frames of the default size.</summary>
    private const int OutboxBytesDefault = 1 << 20;

    /// <summary>1 GiB.</summary>
    private const int FrameBytesLimit = 1 << 30;
}
