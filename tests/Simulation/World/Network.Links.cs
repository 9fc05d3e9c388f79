namespace AkkaLb.Simulation.World;

/// <summary>What it keeps of each way from one process to another.</summary>
internal sealed partial class Network
{
    private enum LinkState
    {
        Idle,
        Dialling,
        Open,
        Closed,
    }

    private readonly record struct Envelope(string Target, object Message, string ReplyTo);

    /// <summary>What one process knows of its way to another.</summary>
    private sealed class Link
    {
        public LinkState State { get; set; }

        public Connection? Connection { get; set; }

        public TimeSpan ClosedUntil { get; set; }

        public TimeSpan DialledAt { get; set; }

        public int Dials { get; set; }

        /// <summary>The kernel of a process that stands still has taken the dial.</summary>
        public bool IsAccepted { get; set; }

        public List<Envelope> Waiting { get; } = [];

        public List<Envelope> TakeWaiting()
        {
            var taken = Waiting.ToList();
            Waiting.Clear();
            return taken;
        }
    }

    /// <summary>The network in one direction.</summary>
    private sealed class Road
    {
        public bool IsCut { get; set; }

        public TimeSpan Clog { get; set; }
    }

    private sealed record Sent(Connection Connection, Process From, Action Deliver);

    private sealed class Connection(Process a, Process b)
    {
        private TimeSpan _lastAtA;
        private TimeSpan _lastAtB;
        private TimeSpan _fromAUntil = TimeSpan.MaxValue;
        private TimeSpan _fromBUntil = TimeSpan.MaxValue;
        private readonly int _lifeOfA = a.Life;
        private readonly int _lifeOfB = b.Life;
        private bool _isBrokenForA;
        private bool _isBrokenForB;

        public Process A => a;

        public Process B => b;

        /// <summary>Neither end has it any more.</summary>
        public bool IsBroken => (_isBrokenForA || !a.IsUp || a.Life != _lifeOfA) && (_isBrokenForB || !b.IsUp || b.Life != _lifeOfB);

        /// <summary>The process that has ended, where the other does not know it yet.</summary>
        public Process? EndedBy { get; set; }

        /// <summary>It is broken, and both sides learn of it soon.</summary>
        public bool IsEnding { get; set; }

        /// <summary>Given to Akka, and never to the kernel: it comes back when its sender learns of the end.</summary>
        public List<(Process From, object Message)> Unwritten { get; } = [];

        /// <summary>Since when something on it is not acknowledged; null: all is.</summary>
        public TimeSpan? SilentSince { get; set; }

        /// <summary>Sent into a cut: it arrives when the cut is over, if the connection still stands.</summary>
        public List<Sent> Held { get; } = [];

        /// <summary>What was held comes then, and nothing before it.</summary>
        public TimeSpan HeldUntil { get; private set; }

        public bool Has(Process process) => process == a || process == b;

        public Process Other(Process process) => process == a ? b : a;

        public bool IsBrokenFor(Process process) => process == a ? _isBrokenForA : _isBrokenForB;

        public void BreakFor(Process process)
        {
            _isBrokenForA |= process == a;
            _isBrokenForB |= process == b;
        }

        /// <summary>What this one sent arrives until then, and no longer.</summary>
        public void CutOff(Process from, TimeSpan until)
        {
            if (from == a)
            {
                _fromAUntil = until;
            }
            else
            {
                _fromBUntil = until;
            }
        }

        public bool IsCutOff(Process from, TimeSpan now) => now > (from == a ? _fromAUntil : _fromBUntil);

        public TimeSpan? LastArrival(Process at) => at == a ? _lastAtA : _lastAtB;

        /// <summary>In order: not before what was sent before.</summary>
        public TimeSpan Arrival(Process from, TimeSpan earliest)
        {
            ref var last = ref from == a ? ref _lastAtB : ref _lastAtA;
            return last = earliest > last ? earliest : last;
        }

        public void Release(Run run, TimeSpan at)
        {
            HeldUntil = at;
            foreach (var sent in Held)
            {
                var arrival = Arrival(sent.From, at);
                run.Clockwork.At(arrival, () => run.Network.Arrive(sent, Other(sent.From)));
            }

            Held.Clear();
        }
    }
}
