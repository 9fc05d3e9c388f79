using AkkaLb.Watching;

namespace AkkaLb.Etcd;

/// <summary>The token that stands for our credentials: fetched when first needed, kept, and fetched again when etcd does not know it any
/// more.</summary>
/// <remarks>
/// etcd forgets tokens that nobody used for <c>--auth-token-ttl</c>, and all of them when a member restarts; it says so when one is shown to it, and
/// does nothing else with that call. So nothing is renewed by the clock. An etcd whose authentication is switched off gives out no tokens: calls then
/// carry none, until it misses one. Checking a password costs etcd a tenth of a second: however many calls wait for a
/// token, one of them fetches it, and a refusal is remembered for a while instead of being asked for again. Thread-safe.
/// </remarks>
/// <param name="fetch">Shows etcd the password.</param>
internal sealed class EtcdToken(Func<TimeSpan, CancellationToken, Task<string>> fetch, TimeProvider timeProvider) : IDisposable
{
    /// <summary>How long a refused password is not shown again: an operator may mend it in etcd while we run.</summary>
    public static readonly TimeSpan RefusedFor = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Known? _known;
    private volatile string? _problem;
    private Refusal? _refusal;

    /// <param name="timeout">How long to wait for another call that fetches it, and for each member that is asked.</param>
    /// <param name="cancellationToken">Ends the call early.</param>
    /// <returns>Null while authentication is switched off in etcd.</returns>
    /// <exception cref="RegistryRefusedException">etcd refuses the credentials.</exception>
    /// <exception cref="RegistryUnavailableException">None could be had in that time.</exception>
    public async Task<string?> GetAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_known is { } known)
        {
            return known.Token;
        }

        if (!await _one.WaitAsync(timeout, cancellationToken).ConfigureAwait(false))
        {
            throw new RegistryUnavailableException(_problem ?? "etcd has not answered to user and password yet");
        }

        try
        {
            return (_known ??= new Known(await FetchAsync(timeout, cancellationToken).ConfigureAwait(false))).Token;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>etcd does not know it any more, or wants one where there was none (null). One that another call has replaced meanwhile
    /// stays.</summary>
    public void Forget(string? token)
    {
        if (_known is { } known && known.Token == token)
        {
            _known = null;
        }
    }

    private async Task<string?> FetchAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_refusal is { } refusal && timeProvider.GetElapsedTime(refusal.At) < RefusedFor)
        {
            throw new RegistryRefusedException(refusal.Problem.Message, refusal.Problem.InnerException);
        }

        try
        {
            var token = await fetch(timeout, cancellationToken).ConfigureAwait(false);
            _problem = null;
            return token;
        }
        catch (RegistryRefusedException e) when (EtcdFaults.IsAuthenticationOff(e))
        {
            // No failure: whoever is to have a user may be given one before etcd asks for it.
            _problem = null;
            return null;
        }
        catch (RegistryRefusedException e)
        {
            _refusal = new Refusal(e, timeProvider.GetTimestamp());
            throw;
        }
        catch (RegistryUnavailableException e)
        {
            _problem = e.Message;
            throw;
        }
    }

    public void Dispose() => _one.Dispose();

    /// <param name="Token">Null: authentication is switched off.</param>
    private sealed record Known(string? Token);

    private sealed record Refusal(RegistryRefusedException Problem, long At);
}
