using Akka.Actor;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Core;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.Worker;

/// <summary>Tells in the log when the connection with a balancer is lost, with the reason, and when it is back: a line each.</summary>
/// <remarks>What dials again is the <see cref="MemoryReporter"/>, with each report.</remarks>
internal sealed class BalancerLinks : ReceiveActor
{
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IBalancerDirectory _directory;
    private readonly PeerNews _news = new();
    private IReadOnlyDictionary<Address, string> _balancers = new Dictionary<Address, string>();
    private IAsyncDisposable? _subscription;

    public BalancerLinks(IBalancerDirectory directory)
    {
        _directory = directory;
        Receive<BalancersTold>(OnTold);
        Receive<DisassociatedEvent>(m => OnLost(m.RemoteAddress, "it ended the connection, or the network did"));
        Receive<AssociationErrorEvent>(m => OnLost(m.RemoteAddress, Reason(m.Cause)));
        Receive<AssociatedEvent>(OnConnected);
    }

    public static Props Props(IBalancerDirectory directory) => Akka.Actor.Props.Create(() => new BalancerLinks(directory));

    /// <summary>Why a connection could not be made, without the address that the line names already.</summary>
    internal static string Reason(Exception cause)
    {
        var words = OneLine.Of(cause.GetBaseException().Message).Split(' ').Where(w => !w.Contains("://", StringComparison.Ordinal));
        return string.Join(' ', words) is { Length: > 0 } text ? char.ToLowerInvariant(text[0]) + text[1..].TrimEnd('.') : cause.GetType().Name;
    }

    protected override void PreStart()
    {
        var self = Self;
        Context.System.EventStream.Subscribe<RemotingLifecycleEvent>(self);
        _subscription = _directory.Subscribe(news => self.Tell(new BalancersTold(news)));
    }

    protected override void PostStop()
    {
        Context.System.EventStream.Unsubscribe(Self);
        _ = _subscription?.DisposeAsync().AsTask();
    }

    private void OnTold(BalancersTold m)
    {
        // An empty directory says less than what is known.
        if (m.News is Watched<Address>.Known { All: { Count: > 0 } all })
        {
            var system = Context.System;
            _balancers = all.DistinctBy(a => NodeAddress.Of(system, a)).ToDictionary(
                a => NodeAddress.Of(system, a), NodeAddress.Text);
            _news.Keep(_balancers.Values);
        }
    }

    private void OnLost(Address address, string reason)
    {
        if (_balancers.TryGetValue(address, out var balancer) && _news.IsGone(balancer))
        {
            _log.Warning("the balancer at {0} is gone: {1}; retrying", balancer, reason);
        }
    }

    private void OnConnected(AssociatedEvent m)
    {
        if (_balancers.TryGetValue(m.RemoteAddress, out var balancer) && _news.IsBack(balancer))
        {
            _log.Info("the balancer at {0} is back", balancer);
        }
    }
}
