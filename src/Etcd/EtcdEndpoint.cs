namespace AkkaLb.Etcd;

/// <summary>Where one etcd member answers its clients.</summary>
/// <param name="Host">A name or an IP address; IPv6 in square brackets.</param>
/// <param name="Port">1 to 65535; etcd's own default is 2379.</param>
/// <param name="IsTls">Whether it speaks TLS.</param>
public sealed record EtcdEndpoint(string Host, int Port, bool IsTls = false)
{
    /// <summary>The form in which operators write it: <c>http://host:port</c>, with TLS <c>https://host:port</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{(IsTls ? "https" : "http")}://{Host}:{Port}");
}
