namespace AkkaLb.Programs;

/// <summary>The terminal from which a program was started, if there was one.</summary>
internal sealed class Terminal
{
    /// <summary>Each process finds its own there.</summary>
    private const string Own = "/dev/tty";

    private readonly bool _wasThere = IsThere();

    /// <summary>Whether it is gone: SIGHUP says that then, and anything else otherwise.</summary>
    public bool HasClosed => _wasThere && !IsThere();

    private static bool IsThere()
    {
        try
        {
            using var terminal = File.OpenHandle(Own);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
