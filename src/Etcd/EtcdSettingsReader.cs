using AkkaLb.Endpoints;

namespace AkkaLb.Etcd;

/// <summary>Reads <see cref="EtcdSettings"/> from a section of settings, whatever it lies in: the keys are the same wherever etcd is
/// configured.</summary>
/// <remarks>
/// Keys: <c>endpoints</c>, <c>prefix</c>, <c>request-timeout</c>, <c>tls.ca</c>, <c>tls.certificate</c>, <c>tls.key</c> (PEM files), <c>user</c>,
/// <c>password</c>, <c>password-file</c>. Empty texts count as absent, except for the prefix. A user without either password has it from the
/// environment variable <see cref="PasswordVariable"/>.
/// </remarks>
public static class EtcdSettingsReader
{
    public const string PasswordVariable = "AKKALB_ETCD_PASSWORD";

    public const string EndpointsKey = "endpoints";
    public const string PrefixKey = "prefix";
    public const string RequestTimeoutKey = "request-timeout";
    public const string CaKey = "tls.ca";
    public const string CertificateKey = "tls.certificate";
    public const string KeyKey = "tls.key";
    public const string UserKey = "user";
    public const string PasswordKey = "password";
    public const string PasswordFileKey = "password-file";

    private const int PasswordLengthMax = 4096;

    /// <param name="text">The value of a key; null or empty where there is none. Of <c>endpoints</c> with commas between.</param>
    /// <param name="requestTimeout">The value of <c>request-timeout</c>; null: the default.</param>
    /// <param name="environment">The value of an environment variable; null where there is none.</param>
    /// <param name="problems">Gets all that is wrong: the key, or nothing where it is not one alone, and a sentence. Passwords are not in it.</param>
    /// <returns>Null when something is wrong.</returns>
    public static EtcdSettings? Read(
        Func<string, string?> text, TimeSpan? requestTimeout, Func<string, string?> environment, ICollection<(string Key, string Problem)> problems)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(problems);
        var found = new List<(string, string)>();
        if (!EtcdEndpoints.TryParse(Given(text, EndpointsKey), out var endpoints, out var problem))
        {
            found.Add((EndpointsKey, problem));
        }

        var (tls, credentials) = (ReadTls(text, found), ReadCredentials(text, environment, found));
        if (endpoints.Count == 0)
        {
            // One that nothing is wrong with, so that the rest is judged too.
            endpoints = [new EtcdEndpoint("127.0.0.1", 2379, IsTls: tls is not null)];
        }

        var settings = new EtcdSettings(endpoints) { Tls = tls, Credentials = credentials };
        settings = settings with { Prefix = text(PrefixKey) ?? settings.Prefix, RequestTimeout = requestTimeout ?? settings.RequestTimeout };
        found.AddRange(settings.Problems().Select(p => ("", p)));
        found.ForEach(problems.Add);
        return found.Count == 0 ? settings : null;
    }

    private static string? Given(Func<string, string?> text, string key) => text(key) is { Length: > 0 } value ? value : null;

    private static EtcdTls? ReadTls(Func<string, string?> text, List<(string, string)> problems)
    {
        var (ca, certificate, key) = (Given(text, CaKey), Given(text, CertificateKey), Given(text, KeyKey));
        if (certificate is null != key is null)
        {
            problems.Add((certificate is null ? CertificateKey : KeyKey, "is missing: a client certificate and its key go together"));
            return null;
        }

        try
        {
            return (ca ?? certificate) is null ? null : EtcdTls.FromFiles(ca, certificate, key);
        }
        catch (PemFileException e)
        {
            problems.Add(("", e.Message));
            return null;
        }
    }

    private static EtcdCredentials? ReadCredentials(Func<string, string?> text, Func<string, string?> environment, List<(string, string)> problems)
    {
        var (user, password, file) = (Given(text, UserKey), Given(text, PasswordKey), Given(text, PasswordFileKey));
        if (user is null)
        {
            if ((password ?? file) is not null)
            {
                problems.Add((UserKey, "is missing: a password is given"));
            }

            return null;
        }

        if (password is not null && file is not null)
        {
            problems.Add((PasswordFileKey, "a password is given as well: one of them is enough"));
            return null;
        }

        if (file is not null && !TryReadPassword(file, out password, out var problem))
        {
            problems.Add((PasswordFileKey, problem));
            return null;
        }

        password ??= environment(PasswordVariable);
        if (string.IsNullOrEmpty(password))
        {
            problems.Add((PasswordFileKey,
                $"the password of user '{user}' is missing: name a file that holds it, or set the environment variable {PasswordVariable}"));
            return null;
        }

        return new EtcdCredentials(user, password);
    }

    /// <summary>The first line of the file.</summary>
    private static bool TryReadPassword(string file, out string? password, out string problem)
    {
        (password, problem) = (null, "");
        try
        {
            using var reader = new StreamReader(file);
            password = reader.ReadLine();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = $"{file} cannot be read: {e.Message}";
            return false;
        }

        problem = string.IsNullOrEmpty(password) ? $"the first line of {file} is empty: the password belongs there"
            : password.Length > PasswordLengthMax ? $"the first line of {file} is too long for a password"
            : "";
        return problem.Length == 0;
    }
}
