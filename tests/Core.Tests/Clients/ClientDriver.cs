using System.Globalization;
using AkkaLb.Core.Clients;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>A client that is asked by methods, each of which hands in an input.</summary>
/// <remarks>Its effects are kept until they are taken; what it does to find a balancer is kept apart, in <see cref="Search"/>.</remarks>
/// <param name="look">Sees each effect, in order.</param>
internal sealed class ClientDriver(ClientSettings settings, long clientId, Random random, Action<ClientEffect>? look = null)
{
    private const string BalancerAddress = "akka.tcp://AkkaLb@balancer:1";

    private readonly ClientCore _core = new(settings, clientId, isInOrder: true, random);
    private readonly List<ClientEffect> _outbox = [];
    private long _sequence;
    private int _directories;

    public List<ClientEffect> Effects { get; } = [];

    public List<ClientEffect> Search { get; } = [];

    public TimeSpan? NextDue => _core.NextDue;

    public string? Balancer => _core.Balancer;

    public int ServiceCount => _core.ServiceCount;

    public int PendingCount => _core.PendingCount;

    public bool IsEmpty => _core.IsEmpty;

    public IReadOnlyDictionary<WorkerKey, int> InFlight => _core.InFlight;

    public static Payload Text(string text) => new(0, text, default);

    public void Handle(object input, TimeSpan now)
    {
        _core.Handle(input, now, _outbox);
        foreach (var effect in _outbox)
        {
            look?.Invoke(effect);
            (effect is ClientEffect.Probe or ClientEffect.BalancerFound or ClientEffect.Note ? Search : Effects).Add(effect);
        }

        _outbox.Clear();
    }

    public JobId Submit(
        object ticket, Payload message, bool isIdempotent, TimeSpan timeout, TimeSpan now, JobPriority priority = JobPriority.Normal,
        int replyBytesMax = 0, bool wantsStream = false, bool isMeasured = false)
    {
        Handle(
            new ClientInput.Submit(
                ticket, message, isIdempotent, timeout, Priority: priority, ReplyBytesMax: replyBytesMax, WantsStream: wantsStream,
                IsMeasured: isMeasured),
            now);
        return new JobId(clientId, ++_sequence);
    }

    public JobId SubmitAssign(object ticket, int count, TimeSpan timeout, TimeSpan now)
    {
        Handle(new ClientInput.SubmitAssign(ticket, count, timeout), now);
        return new JobId(clientId, ++_sequence);
    }

    public void StopSending(TimeSpan now) => Handle(new ClientInput.StopSending(), now);

    public void Close(TimeSpan now) => Handle(new ClientInput.Close(), now);

    public void Tick(TimeSpan now) => Handle(Core.Machines.Tick.Instance, now);

    /// <summary>Whatever was probed before, another directory is probed at once.</summary>
    public void BalancerFound(TimeSpan now)
    {
        if (Balancer is null)
        {
            var other = string.Create(CultureInfo.InvariantCulture, $"other{++_directories}");
            Handle(new ClientInput.BalancersKnown([BalancerAddress, other]), now);
            Handle(new ClientInput.BalancerAnswered(((ClientEffect.Probe)Search[^1]).Number, BalancerAddress), now);
        }
    }

    public void BalancerLost(TimeSpan now) => ConnectionLost(BalancerAddress, "lost", now);

    public void Assigned(long request, IReadOnlyList<AssignedWorker> workers, string policy, TimeSpan now) =>
        Handle(new Assigned(request, workers, policy), now);

    public void AssignRejected(long request, AssignRejectReason reason, string sentence, TimeSpan retryAfter, TimeSpan now) =>
        Handle(new AssignRejected(request, reason, sentence, retryAfter), now);

    public void JobDone(JobId id, int attempt, string reply, TimeSpan now) => Handle(new JobDone(id, attempt, Text(reply)), now);

    public void JobFailed(JobId id, int attempt, JobFailureReason reason, string cause, TimeSpan now) =>
        Handle(new JobFailed(id, attempt, reason, "", cause), now);

    public void JobRejected(JobId id, int attempt, JobRejectReason reason, string text, TimeSpan retryAfter, TimeSpan now) =>
        Handle(new JobRejected(id, attempt, reason, text, retryAfter), now);

    public void DeadLettered(JobId id, int attempt, TimeSpan now) =>
        Handle(new ClientInput.Undelivered(new Job(id, attempt, default, false, Text(""))), now);

    public void Heard(string address, TimeSpan now) => Handle(new ClientInput.Heard(address), now);

    public void Connected(string address, TimeSpan now) => Handle(new ClientInput.Connected(address), now);

    public void ConnectionLost(string address, string seen, TimeSpan now) => Handle(new ClientInput.ConnectionLost(address, seen), now);

    public void GateAnswered(long number, bool isThere, string from, TimeSpan now) =>
        Handle(new ClientInput.GateAnswered(number, isThere, from), now);
}
