using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using Akka.Remote.Transport;

namespace AkkaLb.Remoting.Tls;

/// <summary>Where Akka's transport takes the certificate from for each new connection.</summary>
/// <remarks>There is no door to it: its settings are read once. A release of Akka that keeps it elsewhere is recognized, and then a renewed
/// certificate needs a restart.</remarks>
internal sealed class CertificateSlot
{
    private readonly object _settings;
    private readonly FieldInfo _certificate;

    private CertificateSlot(object settings, FieldInfo certificate) => (_settings, _certificate) = (settings, certificate);

    /// <summary>Null when this release of Akka has none that we know.</summary>
    public static CertificateSlot? Of(Transport transport)
    {
        const BindingFlags own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        var settings = Read(Read(transport, "Settings"), "Ssl");
        return settings?.GetType().GetField("Certificate", own) is { } field && field.FieldType.IsAssignableFrom(typeof(X509Certificate2))
            ? new CertificateSlot(settings, field)
            : null;

        static object? Read(object? of, string property) => of?.GetType().GetProperty(property, own)?.GetValue(of);
    }

    public void Put(X509Certificate2 certificate) => _certificate.SetValue(_settings, certificate);
}
