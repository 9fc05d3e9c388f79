using AkkaLb.Etcd;

namespace AkkaLb.Discovery.Etcd;

/// <summary>The rule for names of services and of instances, which become parts of keys: 1 to 128 characters of printable ASCII without blanks
/// and <c>/</c>.</summary>
public static class ServiceNames
{
    private const int LengthMax = 128;

    public static bool IsValid(string? name) => name is { Length: >= 1 and <= LengthMax } && name.All(c => c is > ' ' and <= '~' and not '/');

    /// <summary>The keys of a service's instances.</summary>
    /// <exception cref="ArgumentException">The name breaks the rule.</exception>
    internal static EtcdKeyRange KeysOf(string prefix, string service) => new($"{prefix}/{Checked(service)}/");

    /// <exception cref="ArgumentException">The name breaks the rule.</exception>
    internal static string Checked(string name) => IsValid(name)
        ? name
        : throw new ArgumentException(
            $"'{name}' is no name for a service or an instance: 1 to {LengthMax} characters of printable ASCII without blanks and '/'", nameof(name));
}
