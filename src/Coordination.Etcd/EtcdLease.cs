using System.Security.Cryptography;
using Akka.Actor;
using Akka.Coordination;
using Akka.Event;

namespace AkkaLb.Coordination.Etcd;

/// <summary>A lease on etcd. Made by <see cref="LeaseProvider"/> from a section with <c>lease-class = "AkkaLb.Coordination.Etcd.EtcdLease,
/// AkkaLb.Coordination.Etcd"</c>.</summary>
/// <remarks>
/// <para><b>What it promises.</b> Of all owner instances that name one lease in one etcd cluster, at most one has <see cref="CheckLease"/> answer
/// true at any moment, as long as: no holder's clock runs slower than that of etcd's leader by more than <c>safety-margin</c> in one
/// <c>heartbeat-timeout</c> (10 % unless configured); etcd keeps what it confirmed (a cluster restored from an older backup has forgotten
/// owners); and nobody deletes the key or revokes its lease by hand. A paused process, however long, finds itself without ownership at its first
/// check. Wall clocks are not compared between machines.</para>
/// <para><b>What it does not.</b> Between a check and what you do next the process may stop for any time, and then do it though somebody else
/// owns the lease by now. Only a resource that refuses old <see cref="FencingToken"/>s is safe against that. And there may be no owner for a
/// while: after a crash for the rest of <c>heartbeat-timeout</c>; after etcd restarted or changed its leader for a whole one from then on, as
/// etcd starts every lease's time again.</para>
/// <para>An owner is this object: an owner of the same name in another process, also the same program started again, is another one, and waits.
/// Thread-safe; no call blocks.</para>
/// </remarks>
public sealed class EtcdLease : Lease
{
    private readonly LeaseRunner _runner;

    /// <summary>For <see cref="LeaseProvider"/>.</summary>
    /// <exception cref="Akka.Configuration.ConfigurationException">The lease's section is wrong; the message names every problem.</exception>
    public EtcdLease(LeaseSettings settings, ExtendedActorSystem system)
        : this(settings, system, TimeProvider.System)
    {
    }

    /// <param name="timeProvider">Judges ownership and times renewals; deadlines of requests follow real time whatever it says.</param>
    internal EtcdLease(LeaseSettings settings, ExtendedActorSystem system, TimeProvider timeProvider)
        : base(settings)
    {
        var read = EtcdLeaseSettings.From(settings);
        var provider = EtcdLeaseProvider.Get(system);
        var clock = new LeaseClock(timeProvider);
        var instance = RandomNumberGenerator.GetHexString(32, lowercase: true);
        Key = $"{read.Etcd.Prefix}/{settings.LeaseName}";
        var connection = provider.ConnectionFor(settings.LeaseConfig.Root.ToString(), read.Etcd);
        var store = new LeaseStore(connection, Key, settings.OwnerName, instance, read.Timings.Ttl, clock);
        _runner = new LeaseRunner(
            new LeaseMachine(read.Timings, instance), store, clock, timeProvider, Logging.GetLogger(system, typeof(EtcdLease)), settings.LeaseName);
        provider.Add(this);
    }

    /// <summary>The lease's key in etcd: prefix, slash, name.</summary>
    public string Key { get; }

    /// <summary>The number of this ownership, above zero; 0 when the lease is not held at this moment.</summary>
    /// <remarks>
    /// It is the revision at which the lease's key was created. In one etcd cluster it grows strictly from owner to owner, also across releases,
    /// and stays the same while one ownership lasts. Send it along with everything you change outside; a resource that remembers the highest
    /// number it saw and refuses lower ones is then safe from an owner that was paused between its check and its write. A cluster restored from a
    /// backup may give lower numbers again, unless it was restored with <c>--bump-revision</c>.
    /// </remarks>
    public long FencingToken => _runner.Token;

    /// <summary>Tries to get the lease. True: it is held, also when it was before. False: somebody else holds it, or it was released
    /// meanwhile.</summary>
    /// <exception cref="LeaseTimeoutException">No outcome within <c>lease-operation-timeout</c>.</exception>
    /// <exception cref="LeaseException">etcd refuses (credentials, permissions), or the actor system has terminated.</exception>
    public override Task<bool> Acquire() => _runner.AcquireAsync(null);

    /// <inheritdoc cref="Acquire()"/>
    /// <param name="leaseLostCallback">Called once when this ownership is lost, with the reason, never before the task has completed, never after
    /// <see cref="Release"/>; on a pool thread, so it must be thread-safe, and may take its time. The callback of a later successful acquire
    /// takes the place of this one. May be null.</param>
    public override Task<bool> Acquire(Action<Exception?>? leaseLostCallback) => _runner.AcquireAsync(leaseLostCallback);

    /// <summary>Gives the lease up: it is not held from this call's processing on, whatever the answer. True: nothing of it is left in etcd.
    /// False: etcd did not confirm within <c>lease-operation-timeout</c>; the key goes at the latest when its time has run out, and another call
    /// tries again.</summary>
    /// <exception cref="LeaseException">The actor system has terminated.</exception>
    public override Task<bool> Release() => _runner.ReleaseAsync();

    /// <summary>Whether the lease is held at this moment. Asks no one and writes nothing: it compares the clock with the time until which etcd
    /// surely keeps the key. Once false it stays false until another <see cref="Acquire()"/> succeeds.</summary>
    public override bool CheckLease() => _runner.Token != 0;

    /// <summary>Until when it holds unless it is renewed, on its own clock.</summary>
    internal TimeSpan HeldUntil => _runner.HeldUntil;

    public override string ToString() => $"{Key} of {Settings.OwnerName}";

    /// <summary>Holds nothing any more, and renews nothing.</summary>
    internal void Stop() => _runner.Stop();
}
