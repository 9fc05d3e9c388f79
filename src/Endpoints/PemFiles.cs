using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AkkaLb.Endpoints;

/// <summary>Reads certificates and keys, and says in one sentence what is wrong with a file. Everything is PEM.</summary>
public static class PemFiles
{
    /// <summary>A certificate with its private key, RSA or EC, without a passphrase.</summary>
    /// <exception cref="PemFileException">A file cannot be read, is malformed, or the key belongs to another certificate.</exception>
    public static X509Certificate2 ReadIdentity(string certificateFile, string keyFile)
    {
        var (certificate, key) = (Read(certificateFile), Read(keyFile));
        ReadFirst(certificateFile, certificate).Dispose();
        CheckKey(keyFile, key);
        try
        {
            return Usable(X509Certificate2.CreateFromPem(certificate, key));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new PemFileException(
                $"{keyFile} is not the private key of {certificateFile}: give the key that its certificate request was made with", e);
        }
    }

    /// <summary>The certificates of CAs, at least one of them self-signed.</summary>
    /// <exception cref="PemFileException">The file cannot be read or holds no such certificate.</exception>
    public static X509Certificate2Collection ReadAuthorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Read(file));
        }
        catch (CryptographicException e)
        {
            throw NoCertificate(file, e);
        }

        if (authorities.Count == 0)
        {
            throw NoCertificate(file, null);
        }

        return authorities.Any(IsSelfIssued)
            ? authorities
            : throw new PemFileException($"{file} holds no self-signed CA certificate: put the root of the chain into it");
    }

    /// <summary>Whether a certificate is the root of a chain: it names itself as its issuer.</summary>
    public static bool IsSelfIssued(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
    }

    /// <summary>Whose it is and until when it is valid, for messages.</summary>
    public static string Describe(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{LogText.Of(certificate.Subject)}, valid until {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm} UTC");
    }

    private static X509Certificate2 ReadFirst(string file, string pem)
    {
        try
        {
            return X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw NoCertificate(file, e);
        }
    }

    private static void CheckKey(string file, string pem)
    {
        if (pem.Contains("ENCRYPTED", StringComparison.Ordinal))
        {
            throw new PemFileException($"{file} is protected by a passphrase: give a key without one, readable by this user only");
        }

        if (!IsKey<RSA>(pem, RSA.Create) && !IsKey<ECDsa>(pem, ECDsa.Create))
        {
            throw new PemFileException($"{file} holds no private key (RSA or EC) in PEM form");
        }
    }

    private static bool IsKey<T>(string pem, Func<T> create)
        where T : AsymmetricAlgorithm
    {
        using var algorithm = create();
        try
        {
            algorithm.ImportFromPem(pem);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new PemFileException($"{file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Windows wants the key of a TLS certificate in its own store, if only for a moment.</summary>
    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static PemFileException NoCertificate(string file, Exception? inner) => new($"{file} holds no certificate in PEM form", inner);
}

/// <summary>A certificate or key cannot be used as it is.</summary>
/// <param name="message">One sentence that names the file.</param>
public sealed class PemFileException(string message, Exception? inner = null) : Exception(message, inner);
