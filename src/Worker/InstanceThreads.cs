using System.Globalization;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;
using AkkaLb.Endpoints;

namespace AkkaLb.Worker;

/// <summary>Executor of a dispatcher: up to <c>threads</c> threads, all of which work when there is so much to do.</summary>
/// <remarks>
/// <para>Akka's own pool of dedicated threads (1.5.74) wakes only some of them when much comes at once and each blocks: of 24 actors on 64 threads
/// that were told at once and slept for 2 s, 11 were done after 2 s, the next 11 after 4 s.</para>
/// <para>Whoever became idle last is woken first, and only one at a time is on its way: it wakes the next one if there is more than it takes itself.
/// So where jobs are short the same few threads do them, one after another, and where they block each of them gets a thread. A thread starts when it
/// is needed for the first time.</para>
/// </remarks>
internal sealed class InstanceThreads(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new Pool(id, Config.GetInt("threads"), Prerequisites.EventStream);

    private sealed class Pool(string id, int threadsMax, EventStream log) : ExecutorService(id)
    {
        /// <summary>After a thread that could not be started, before another try.</summary>
        private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(100);

        private readonly RareLines _lines = new(TimeSpan.FromMinutes(1), linesMax: 1);
        private readonly Lock _lock = new();
        private readonly Queue<IRunnable> _work = new();
        private readonly Stack<Sleep> _sleeping = new();
        private int _threads;

        /// <summary>A thread was woken or started and has not looked for work yet. When it finds more than it takes, it wakes the next one.</summary>
        private bool _isOneComing;

        private bool _isShut;

        /// <summary>A thread could not be started: nobody tries until the timer says so.</summary>
        private Timer? _pause;

        /// <summary>Nothing is taken any more once the dispatcher has ended.</summary>
        public override void Execute(IRunnable run)
        {
            Action? call;
            lock (_lock)
            {
                if (_isShut)
                {
                    return;
                }

                _work.Enqueue(run);
                call = NextToCome();
            }

            call?.Invoke();
        }

        private void TryAgain()
        {
            Action? call;
            lock (_lock)
            {
                _pause?.Dispose();
                _pause = null;
                call = NextToCome();
            }

            call?.Invoke();
        }

        /// <summary>What was taken is done; then the threads end.</summary>
        public override void Shutdown()
        {
            Sleep[] sleeping;
            lock (_lock)
            {
                _isShut = true;
                sleeping = [.. _sleeping];
                _sleeping.Clear();
            }

            foreach (var sleep in sleeping)
            {
                sleep.End();
            }
        }

        /// <summary>Under the lock: how to call one more thread, if there is work for it and none is coming; null: nobody is called.</summary>
        private Action? NextToCome()
        {
            if (_isOneComing || _work.Count == 0)
            {
                return null;
            }

            if (_sleeping.TryPop(out var sleep))
            {
                _isOneComing = true;
                return sleep.End;
            }

            if (_threads == threadsMax || _pause is not null)
            {
                return null;
            }

            _isOneComing = true;
            var number = ++_threads;
            return () => Start(number);
        }

        private void Start(int number)
        {
            try
            {
                new Thread(Run) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"{Id}_{number}") }.Start();
            }
#pragma warning disable CA1031 // The system has no more threads, or no memory for one: those that are there continue.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Action? call;
                string? line;
                lock (_lock)
                {
                    _threads--;
                    _isOneComing = false;
                    _pause = new Timer(static pool => ((Pool)pool!).TryAgain(), this, StartPause, Timeout.InfiniteTimeSpan);
                    call = NextToCome();
                    line = _lines.Say(
                        "no thread can be started for the worker's instances", TimeSpan.FromMilliseconds(Environment.TickCount64));
                }

                call?.Invoke();
                if (line is not null)
                {
                    log.Publish(new Error(e, Id, typeof(InstanceThreads), line));
                }
            }
        }

        private void Run()
        {
            var sleep = new Sleep();
            var hasCome = true;
            while (Next(sleep, ref hasCome) is { } run)
            {
                try
                {
                    run.Run();
                }
#pragma warning disable CA1031 // It would end the process; Akka means to let nothing through.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    log.Publish(new Error(e, Id, typeof(InstanceThreads), "what ran on a thread of the worker's instances has thrown"));
                }
            }
        }

        /// <summary>Null: there will be none.</summary>
        /// <param name="hasCome">The thread was called, and looks for work for the first time since.</param>
        private IRunnable? Next(Sleep sleep, ref bool hasCome)
        {
            while (true)
            {
                IRunnable? next;
                Action? call = null;
                lock (_lock)
                {
                    _isOneComing &= !hasCome;
                    hasCome = false;
                    if (_work.TryDequeue(out next))
                    {
                        call = NextToCome();
                    }
                    else if (_isShut)
                    {
                        return null;
                    }
                    else
                    {
                        _sleeping.Push(sleep);
                    }
                }

                call?.Invoke();
                if (next is not null)
                {
                    return next;
                }

                sleep.Wait();
                hasCome = true;
            }
        }
    }

    /// <summary>One thread's: it sleeps until it is called.</summary>
    private sealed class Sleep
    {
        /// <summary>It spins for some microseconds before it sleeps: the next job of a busy worker comes that soon.</summary>
        private readonly ManualResetEventSlim _ended = new(false);

        public Sleep() => End = _ended.Set;

        public Action End { get; }

        public void Wait()
        {
            _ended.Wait();
            _ended.Reset();
        }
    }
}
