using AkkaLb.Core.Machines;

namespace AkkaLb.Simulation.World;

/// <summary>A process: it lives, stands still, dies and starts again at the same address. Its clock began at another time than everybody
/// else's.</summary>
internal abstract class Process(Run run, int number, string name, string host)
{
    private static readonly TimeSpan LocalMax = TimeSpan.FromMilliseconds(0.2);

    private readonly List<(int Life, Action Act)> _backlog = [];
    private readonly Random _random = run.Draws.For(name);
    private TimeSpan _clockOffset;
    private TimeSpan _lastLocal;

    public Run Run { get; } = run;

    public int Number { get; } = number;

    public string Name { get; } = name;

    /// <summary>As connection events spell it.</summary>
    public string Address { get; } = $"akka.tcp://AkkaLb@{host}:4053";

    /// <summary>How often it has been started: what belongs to an earlier life has no effect.</summary>
    public int Life { get; private set; }

    public bool IsUp { get; private set; }

    public bool IsFrozen { get; private set; }

    /// <summary>It has been told to leave, or to end.</summary>
    public bool IsLeaving { get; protected set; }

    /// <summary>Since when it is up and runs; a process that stood still may be late.</summary>
    public TimeSpan RunsSince { get; private set; }

    /// <summary>When something was last done to it, or to its connections.</summary>
    public TimeSpan DisturbedAt { get; set; } = TimeSpan.MinValue;

    /// <summary>Its own monotonic clock. Nobody may compare two of them.</summary>
    public TimeSpan Now => Run.Clockwork.Now + _clockOffset;

    public Random Random => _random;

    public void Start()
    {
        if (IsUp)
        {
            return;
        }

        Life++;
        (IsUp, IsFrozen, IsLeaving, RunsSince) = (true, false, false, Run.Clockwork.Now);
        _clockOffset = _random.Upto(TimeSpan.FromDays(40));
        OnStart();
    }

    /// <summary>As by SIGKILL.</summary>
    public void Kill()
    {
        if (!IsUp)
        {
            return;
        }

        (IsUp, IsFrozen) = (false, false);
        _backlog.Clear();
        Run.Network.Ended(this, inOrder: false);
        OnEnd();
    }

    /// <summary>The end of an orderly leaving.</summary>
    public void Exit()
    {
        if (!IsUp)
        {
            return;
        }

        IsUp = false;
        _backlog.Clear();
        Run.Network.Ended(this, inOrder: true);
        OnEnd();
    }

    /// <summary>As by SIGSTOP: nothing of it runs, and its kernel still takes what comes.</summary>
    public void Freeze() => IsFrozen |= IsUp;

    public void Thaw()
    {
        if (!IsFrozen)
        {
            return;
        }

        (IsFrozen, RunsSince) = (false, Run.Clockwork.Now);
        var waiting = _backlog.ToList();
        _backlog.Clear();
        foreach (var (life, act) in waiting)
        {
            InLife(life, act);
        }
    }

    /// <summary>Asks it to leave, as by SIGTERM.</summary>
    public abstract void Leave();

    /// <summary>A message has come over the network.</summary>
    /// <param name="from">Address of the sender.</param>
    /// <param name="replyTo">Names the sender's actor in answers.</param>
    /// <param name="target">The path below the address, with the uid where the sender has one.</param>
    public abstract void Receive(string from, string replyTo, string target, object message);

    /// <summary>A connection stands.</summary>
    public virtual void OnConnected(string address)
    {
    }

    /// <summary>A connection broke, or could not be made.</summary>
    public virtual void OnConnectionLost(string address, string seen)
    {
    }

    /// <summary>A message of this process came back as a dead letter.</summary>
    public virtual void OnDeadLetter(object message)
    {
    }

    /// <summary>Runs this in the process, in this life: now, or when it runs again.</summary>
    public void Post(Action act)
    {
        if (IsFrozen)
        {
            _backlog.Add((Life, act));
        }
        else if (IsUp)
        {
            act();
        }
    }

    /// <summary>As a timer does.</summary>
    public void After(TimeSpan delay, Action act)
    {
        var life = Life;
        Run.Clockwork.After(delay, () => InLife(life, act));
    }

    /// <summary>From one actor of the process to another: a moment later, and in order.</summary>
    public void Locally(Action act)
    {
        var at = Run.Clockwork.Now + _random.Upto(LocalMax);
        _lastLocal = at > _lastLocal ? at : _lastLocal;
        After(_lastLocal - Run.Clockwork.Now, act);
    }

    protected abstract void OnStart();

    /// <summary>What must not outlive it.</summary>
    protected virtual void OnEnd()
    {
    }

    private void InLife(int life, Action act)
    {
        if (life == Life && IsUp)
        {
            Post(act);
        }
    }
}

/// <summary>Does for a machine what the one shell does for it in an actor: hands in inputs, carries out effects in order, has one timer.</summary>
internal sealed class Driver<TEffect>(Process process, IMachine<TEffect> machine, Action<TEffect> perform)
{
    private readonly List<TEffect> _outbox = [];
    private int _next;
    private bool _isActing;
    private TimeSpan? _timerDue;
    private int _timer;

    /// <summary>The actor has ended: nothing is handed in any more.</summary>
    public bool IsOver { get; set; }

    public void Step(object input)
    {
        if (IsOver)
        {
            return;
        }

        machine.Handle(input, process.Now, _outbox);
        if (_isActing)
        {
            return;
        }

        _isActing = true;
        while (_next < _outbox.Count)
        {
            var effect = _outbox[_next++];
            process.Run.Clockwork.Note(process.Number, effect!);
            perform(effect);
        }

        _outbox.Clear();
        (_next, _isActing) = (0, false);
        SetTimer();
    }

    private void SetTimer()
    {
        if (machine.NextDue is not { } due || due >= _timerDue || IsOver)
        {
            return;
        }

        var wait = due > process.Now ? due - process.Now : TimeSpan.Zero;
        var delay = process.Run.Spite.Timer(wait);
        _timerDue = process.Now + delay;
        var timer = ++_timer;
        process.After(delay, () =>
        {
            if (timer == _timer)
            {
                _timerDue = null;
                Step(Tick.Instance);
            }
        });
    }
}
