namespace AkkaLb.Etcd;

/// <summary>A connection to a member did not come about: nothing was sent on it.</summary>
/// <remarks>An <see cref="IOException"/>, which gRPC takes for "unavailable".</remarks>
/// <param name="message">Why, without the member's name.</param>
internal sealed class NotConnectedException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Whether the other side did accept the connection, and TLS did not come about.</summary>
    public bool IsTlsFault { get; init; }
}
