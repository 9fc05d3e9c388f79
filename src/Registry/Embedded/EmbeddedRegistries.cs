using Akka.Actor;
using Akka.Event;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Watching;

namespace AkkaLb.Registry.Embedded;

/// <summary>The registries in all balancers that a directory names, as seen from a worker: it is registered at each of them.</summary>
/// <remarks>
/// For one worker. It holds its lease for as long as one balancer grants it. Each renewal also registers it at balancers that are new or have
/// forgotten it, and tells those that do not know yet what has changed. A balancer that the directory does not name any more gets no renewals; an
/// empty directory says less than what is known. Nobody can be watched here.
/// </remarks>
public sealed class EmbeddedRegistries : IWorkerRegistry
{
    private readonly ActorSystem _system;
    private readonly TimeSpan _requestTimeout;
    private readonly ILoggingAdapter _log;
    private readonly long _leaseId = LeaseIds.Draw();
    private readonly IAsyncDisposable _subscription;

    /// <summary>Over all that follows, and while a record is sent, so that none overtakes a newer one.</summary>
    private readonly Lock _lock = new();

    private readonly PeerNews _news = new();
    private IReadOnlyList<Place> _places = [];
    private WorkerRecord? _worker;
    private TimeSpan _ttl;
    private bool _hasLeft;

    /// <param name="system">The worker's.</param>
    /// <param name="balancers">Where they are; see <see cref="IBalancerDirectory.In"/>.</param>
    /// <param name="requestTimeout">How long one request may take; default of the programs 2 s.</param>
    public EmbeddedRegistries(ActorSystem system, IBalancerDirectory balancers, TimeSpan requestTimeout)
    {
        ArgumentNullException.ThrowIfNull(system);
        ArgumentNullException.ThrowIfNull(balancers);
        (_system, _requestTimeout) = (system, requestTimeout);
        _log = Logging.GetLogger(system, typeof(EmbeddedRegistries));
        _subscription = balancers.Subscribe(OnTold);
    }

    /// <remarks>Every balancer is waited for. Another worker that has the id at one of them has it.</remarks>
    public async Task<RegisterOutcome> RegisterAsync(WorkerRecord worker, TimeSpan ttl, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            (_worker, _ttl, _hasLeft) = (worker, ttl, false);
        }

        var places = Places();
        var answers = await Task.WhenAll(places.Select(p => AnswerOf(p, () => RegisterAtAsync(p, cancellationToken)))).ConfigureAwait(false);
        if (answers.Select(a => a.Result).OfType<RegisterOutcome.IdInUse>().FirstOrDefault() is { } taken)
        {
            await Task.WhenAll(places.Select(p => AnswerOf(p, () => DeregisterAtAsync(p, cancellationToken)))).ConfigureAwait(false);
            return taken;
        }

        var granted = answers.Select(a => a.Result).OfType<RegisterOutcome.Registered>().ToList();
        return granted.Count > 0 ? new RegisterOutcome.Registered(_leaseId, granted.Min(g => g.Ttl)) : throw ProblemOf(answers, cancellationToken);
    }

    /// <remarks>The first balancer that renews answers for all. The others go on, one request at each at a time.</remarks>
    public async Task<KeepAliveOutcome> KeepAliveAsync(long leaseId, CancellationToken cancellationToken)
    {
        var renewals = Places().Select(p => RenewAt(p, cancellationToken)).OfType<Task<Answer>>().ToList();
        var answers = new List<Answer>();
        while (renewals.Count > 0)
        {
            var renewal = await Task.WhenAny(renewals).ConfigureAwait(false);
            renewals.Remove(renewal);
            answers.Add(await renewal.ConfigureAwait(false));
            if (answers[^1].Result is KeepAliveOutcome.Kept kept)
            {
                return kept;
            }
        }

        return answers.Any(a => a.Result is KeepAliveOutcome.LeaseLost)
            ? new KeepAliveOutcome.LeaseLost()
            : throw ProblemOf(answers, cancellationToken);
    }

    public async Task<bool> UpdateAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _worker = worker;
        }

        var places = Places().Where(p => p.LeaseId != 0).ToList();
        var answers = await Task.WhenAll(places.Select(p => AnswerOf(p, () => UpdateAtAsync(p, cancellationToken)))).ConfigureAwait(false);
        return answers.Any(a => a.Result is true) || (answers.Any(a => a.Result is false) || answers.Length == 0
            ? false
            : throw ProblemOf(answers, cancellationToken));
    }

    /// <summary>As in <see cref="EmbeddedRegistry"/>.</summary>
    public Task<EntrySight> LookAsync(long leaseId, WorkerRecord worker, CancellationToken cancellationToken) =>
        Task.FromResult<EntrySight>(new EntrySight.Found(leaseId, 0, worker));

    public Task<bool> PutBackAsync(long leaseId, WorkerRecord worker, long revision, CancellationToken cancellationToken) =>
        UpdateAsync(leaseId, worker, cancellationToken);

    public async Task DeregisterAsync(long leaseId, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _hasLeft = true;
        }

        var places = Places().Where(p => p.LeaseId != 0).ToList();
        var answers = await Task.WhenAll(places.Select(p => AnswerOf(p, () => DeregisterAtAsync(p, cancellationToken)))).ConfigureAwait(false);
        if (answers.Length > 0 && answers.All(a => a.Problem is not null))
        {
            throw ProblemOf(answers, cancellationToken);
        }
    }

    /// <exception cref="NotSupportedException">Always: it is for a worker.</exception>
    public IAsyncEnumerable<Watched<Member>> WatchAsync(string? protocol, CancellationToken cancellationToken) =>
        throw new NotSupportedException("a balancer watches its own registry");

    public ValueTask DisposeAsync() => _subscription.DisposeAsync();

    private void OnTold(Watched<Address> news)
    {
        if (news is not Watched<Address>.Known { All: { Count: > 0 } all })
        {
            return;
        }

        lock (_lock)
        {
            var known = _places.ToDictionary(p => p.Address);
            _places = [.. all.Select(a => NodeAddress.Of(_system, a)).Distinct().Select(a => known.TryGetValue(a, out var place) ? place : At(a))];
            _news.Keep(_places.Select(p => p.Name));
        }
    }

    private Place At(Address address) => new(address, new EmbeddedRegistry(
        _system, _system.ActorSelection(new RootActorPath(address) / "user" / EmbeddedRegistryActor.ActorName), _requestTimeout));

    private IReadOnlyList<Place> Places()
    {
        lock (_lock)
        {
            return _places.Count > 0 ? _places : throw new RegistryUnavailableException("no balancer is known");
        }
    }

    private async Task<object> RegisterAtAsync(Place place, CancellationToken cancellationToken)
    {
        var outcome = await Send(r => r.RegisterAsync(_worker!, _ttl, cancellationToken), place, isRecord: true).ConfigureAwait(false);
        if (outcome is RegisterOutcome.Registered granted)
        {
            bool hasLeft;
            lock (_lock)
            {
                place.LeaseId = granted.LeaseId;
                hasLeft = _hasLeft;
            }

            if (hasLeft)
            {
                await DeregisterAtAsync(place, cancellationToken).ConfigureAwait(false);
            }
        }

        return outcome;
    }

    /// <returns>Null: an earlier renewal there has not ended yet.</returns>
    private Task<Answer>? RenewAt(Place place, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return place.Renewal is { IsCompleted: false } ? null : place.Renewal = AnswerOf(place, () => RenewAtAsync(place, cancellationToken));
        }
    }

    private async Task<object> RenewAtAsync(Place place, CancellationToken cancellationToken)
    {
        if (place.LeaseId == 0)
        {
            return await RegisterAtAsync(place, cancellationToken).ConfigureAwait(false) switch
            {
                RegisterOutcome.Registered granted => new KeepAliveOutcome.Kept(granted.Ttl),
                RegisterOutcome.IdInUse taken => throw new RegistryUnavailableException(
                    FormattableString.Invariant($"the id is in use by another worker process (incarnation {taken.HolderIncarnation})")),
                var other => other,
            };
        }

        var outcome = await Send(r => r.KeepAliveAsync(place.LeaseId, cancellationToken), place).ConfigureAwait(false);
        if (outcome is KeepAliveOutcome.LeaseLost)
        {
            place.LeaseId = 0;
        }
        else if (!ReferenceEquals(place.Told, _worker))
        {
            await UpdateAtAsync(place, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    private async Task<object> UpdateAtAsync(Place place, CancellationToken cancellationToken)
    {
        try
        {
            return await Send(r => r.UpdateAsync(place.LeaseId, _worker!, cancellationToken), place, isRecord: true).ConfigureAwait(false);
        }
        catch
        {
            // Nobody knows whether it arrived.
            place.Told = null;
            throw;
        }
    }

    private static async Task<object> DeregisterAtAsync(Place place, CancellationToken cancellationToken)
    {
        if (place.LeaseId is not 0 and var lease)
        {
            place.LeaseId = 0;
            await place.Registry.DeregisterAsync(lease, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <param name="isRecord">The request carries the worker's record as it is now.</param>
    private Task<T> Send<T>(Func<EmbeddedRegistry, Task<T>> request, Place place, bool isRecord = false)
    {
        lock (_lock)
        {
            place.Told = isRecord ? _worker : place.Told;
            return request(place.Registry);
        }
    }

    /// <summary>How a request ended; the log tells of one balancer's trouble among several.</summary>
    private async Task<Answer> AnswerOf(Place place, Func<Task<object>> request)
    {
        try
        {
            var result = await request().ConfigureAwait(false);
            if (result is RegisterOutcome.Registered or KeepAliveOutcome.Kept)
            {
                Say(place, problem: null);
            }

            return new Answer(result, null);
        }
#pragma warning disable CA1031 // What one balancer's registry throws must not hide what the others answer.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Say(place, e);
            return new Answer(null, e);
        }
    }

    private void Say(Place place, Exception? problem)
    {
        lock (_lock)
        {
            if (problem is null && _news.IsBack(place.Name))
            {
                _log.Info("this worker is registered at the balancer {0} again", place.Name);
            }
            else if (problem is not null and not OperationCanceledException && !_hasLeft && _places.Count > 1 && _places.Contains(place)
                && _news.IsGone(place.Name))
            {
                _log.Warning("this worker cannot be registered at the balancer {0}; retrying: {1}", place.Name, problem.Message);
            }
        }
    }

    private static Exception ProblemOf(IReadOnlyList<Answer> answers, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return answers.Select(a => a.Problem).FirstOrDefault(p => p is not null) ?? new RegistryUnavailableException("no balancer has answered");
    }

    /// <param name="Result">Of the request.</param>
    /// <param name="Problem">Why there is none.</param>
    private sealed record Answer(object? Result, Exception? Problem);

    /// <summary>One balancer's registry.</summary>
    private sealed class Place(Address address, EmbeddedRegistry registry)
    {
        public Address Address => address;

        public string Name { get; } = NodeAddress.Text(address);

        public EmbeddedRegistry Registry => registry;

        /// <summary>Zero: not registered there.</summary>
        public long LeaseId { get; set; }

        /// <summary>What was sent there last of the worker.</summary>
        public WorkerRecord? Told { get; set; }

        public Task<Answer>? Renewal { get; set; }
    }
}
