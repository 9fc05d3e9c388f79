namespace AkkaLb.Core;

/// <summary>A worker registers with the embedded registry.</summary>
/// <param name="Ttl">Asked-for time to live of the lease.</param>
/// <param name="LeaseId">Which id the lease is to have: a random one that nobody else knows, so that the request can be repeated when its answer was
/// lost. An incarnation that is registered is registered again only under the id of its lease. 0: the registry draws one.</param>
public sealed record Register(WorkerRecord Worker, TimeSpan Ttl, long LeaseId = 0) : IAkkaLbMessage;

/// <summary>Answer to <see cref="Register"/>.</summary>
public sealed record Registered(long LeaseId, TimeSpan Ttl) : IAkkaLbMessage;

/// <summary>Answer to <see cref="Register"/>: another process holds the id, or there is no room.</summary>
/// <param name="HolderIncarnation">0: nobody holds it, see <paramref name="Text"/>.</param>
/// <param name="Text">Why, in words, when nobody holds the id; else empty.</param>
public sealed record RegisterRefused(long HolderIncarnation, string Text = "") : IAkkaLbMessage;

/// <summary>Renews a lease of the embedded registry.</summary>
public sealed record KeepAlive(long LeaseId) : IAkkaLbMessage;

/// <summary>Answer to <see cref="KeepAlive"/>; a zero <paramref name="Ttl"/> means that the lease is gone.</summary>
public sealed record KeptAlive(long LeaseId, TimeSpan Ttl) : IAkkaLbMessage;

/// <summary>Writes a changed record under the same lease.</summary>
public sealed record UpdateRegistration(long LeaseId, WorkerRecord Worker) : IAkkaLbMessage;

/// <summary>Answer to <see cref="UpdateRegistration"/>; not written when the lease is gone.</summary>
public sealed record RegistrationUpdated(long LeaseId, bool Written) : IAkkaLbMessage;

/// <summary>Gives a lease back.</summary>
public sealed record Deregister(long LeaseId) : IAkkaLbMessage;

/// <summary>Answer to <see cref="Deregister"/>, also when the lease was gone already.</summary>
public sealed record Deregistered(long LeaseId) : IAkkaLbMessage;
