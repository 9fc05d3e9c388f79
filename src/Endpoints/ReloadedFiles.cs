using System.Security.Cryptography;
using System.Text;

namespace AkkaLb.Endpoints;

/// <summary>What was made of some files, and is made again when they change. Files that cannot be used leave what was made before, and that is told
/// once.</summary>
/// <remarks>Changes are noticed when somebody asks, at most once a second, and by the content: a file may be a link to one that is replaced.
/// Thread-safe.</remarks>
/// <typeparam name="T">Immutable. The old one is not disposed: somebody may be using it.</typeparam>
public sealed class ReloadedFiles<T>
    where T : class
{
    /// <summary>How old an answer may be.</summary>
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly IReadOnlyList<string> _files;
    private readonly Func<T?, T> _read;
    private readonly Func<T, string> _describe;
    private readonly TimeProvider _time;
    private T _current;
    private byte[] _seen;
    private long _lookedAt;

    /// <summary>Reads them for the first time.</summary>
    /// <param name="files">All that is read.</param>
    /// <param name="read">Reads the files, given what was made before; null: nothing was.</param>
    /// <param name="describe">A sentence for the log when they were read again.</param>
    /// <exception cref="PemFileException">They cannot be used.</exception>
    public ReloadedFiles(IReadOnlyList<string> files, Func<T?, T> read, Func<T, string> describe, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(time);
        (_files, _read, _describe, _time) = (files, read, describe, time);
        _seen = Fingerprint();
        _current = read(null);
        _lookedAt = time.GetTimestamp();
    }

    /// <summary>Something to log, on the thread that asked.</summary>
    public event Action<FileNews>? Told;

    public T Current
    {
        get
        {
            FileNews? news;
            T current;
            lock (_lock)
            {
                news = Look();
                current = _current;
            }

            if (news is not null)
            {
                Told?.Invoke(news);
            }

            return current;
        }
    }

    private FileNews? Look()
    {
        if (_time.GetElapsedTime(_lookedAt) < LookEvery)
        {
            return null;
        }

        _lookedAt = _time.GetTimestamp();
        // Before they are read: what is written meanwhile is noticed the next time.
        var now = Fingerprint();
        if (now.AsSpan().SequenceEqual(_seen))
        {
            return null;
        }

        _seen = now;
        try
        {
            _current = _read(_current);
            return new FileNews(_describe(_current), IsTrouble: false);
        }
        catch (PemFileException e)
        {
            return new FileNews($"{e.Message}. What was read before stays in use", IsTrouble: true);
        }
    }

    private byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in _files)
        {
            hash.AppendData(SHA256.HashData(Content(file)));
        }

        return hash.GetHashAndReset();
    }

    private static byte[] Content(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Encoding.UTF8.GetBytes(e.GetType().Name);
        }
    }
}
