using System.Buffers;

namespace AkkaLb.Core;

/// <summary>The rules for the ids of workers and balancers, which become part of a registry key.</summary>
/// <remarks>A worker of the service <c>pdf</c> whose name is <c>w1</c> has the id <c>pdf/w1</c>; one of the default service has its name alone, as
/// all workers had before there were services.</remarks>
public static class WorkerIds
{
    /// <summary>Longest id in characters, the service in it included.</summary>
    public const int LengthMax = 128;

    private const char Separator = '/';

    private static readonly SearchValues<char> NameChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>Whether a name is 1 to <see cref="LengthMax"/> ASCII letters, digits, dots, underscores and hyphens.</summary>
    public static bool IsValid(string? name) =>
        !string.IsNullOrEmpty(name) && name.Length <= LengthMax && !name.AsSpan().ContainsAnyExcept(NameChars);

    /// <summary>Whether this can be a worker's id: a name, with another service's name and a slash before it or not.</summary>
    public static bool IsWorker(string? id)
    {
        if (id is null || id.IndexOf(Separator, StringComparison.Ordinal) is var slash && slash < 0)
        {
            return IsValid(id);
        }

        var service = id[..slash];
        return id.Length <= LengthMax && WorkerService.IsValid(service) && service != WorkerService.Default && IsValid(id[(slash + 1)..]);
    }

    /// <summary>The id of a worker of this name in this service.</summary>
    public static string Of(string service, string name) => service == WorkerService.Default ? name : $"{service}{Separator}{name}";

    /// <summary>The name of a worker in its service.</summary>
    public static string NameOf(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id[(id.LastIndexOf(Separator) + 1)..];
    }

    /// <summary>The service that an id belongs to.</summary>
    public static string ServiceOf(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.IndexOf(Separator, StringComparison.Ordinal) is > 0 and var slash ? id[..slash] : WorkerService.Default;
    }
}
