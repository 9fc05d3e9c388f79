using System.Globalization;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace AkkaLb.Worker;

/// <summary>Executor of a dispatcher: up to <c>threads</c> threads, all of which work when there is so much to do.</summary>
/// <remarks>
/// <para>Akka's own pool of dedicated threads (1.5.74) wakes only some of them when much comes at once and each blocks: of 24 actors on 64 threads
/// that were told at once and slept for 2 s, 11 were done after 2 s, the next 11 after 4 s.</para>
/// <para>Whoever became idle last is woken first, and nobody else is: where little is to be done the same few threads do it, and the others sleep.
/// A thread starts when it is needed for the first time.</para>
/// </remarks>
internal sealed class InstanceThreads(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new Pool(id, Config.GetInt("threads"), Prerequisites.EventStream);

    private sealed class Pool(string id, int threadsMax, EventStream log) : ExecutorService(id)
    {
        private readonly Lock _lock = new();
        private readonly Queue<IRunnable> _work = new();
        private readonly Stack<Sleep> _sleeping = new();
        private int _threads;
        private bool _isShut;

        /// <summary>Nothing is taken any more once the dispatcher has ended.</summary>
        public override void Execute(IRunnable run)
        {
            Sleep? woken;
            int number;
            lock (_lock)
            {
                if (_isShut)
                {
                    return;
                }

                if (!_sleeping.TryPop(out woken))
                {
                    if (_threads == threadsMax)
                    {
                        _work.Enqueue(run);
                        return;
                    }

                    _threads++;
                }

                number = _threads;
            }

            if (woken is not null)
            {
                woken.End(run);
                return;
            }

            new Thread(() => Run(run)) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"{Id}_{number}") }.Start();
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
                sleep.End(null);
            }
        }

        private void Run(IRunnable first)
        {
            var sleep = new Sleep();
            for (IRunnable? run = first; run is not null; run = Next(sleep))
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
        private IRunnable? Next(Sleep sleep)
        {
            lock (_lock)
            {
                if (_work.TryDequeue(out var next))
                {
                    return next;
                }

                if (_isShut)
                {
                    return null;
                }

                _sleeping.Push(sleep);
            }

            return sleep.Wait();
        }
    }

    /// <summary>One thread's: it sleeps until it gets something to do.</summary>
    private sealed class Sleep
    {
        /// <summary>It spins for some microseconds before it sleeps: the next job of a busy worker comes that soon.</summary>
        private readonly ManualResetEventSlim _ended = new(false);
        private IRunnable? _run;

        public void End(IRunnable? run)
        {
            _run = run;
            _ended.Set();
        }

        public IRunnable? Wait()
        {
            _ended.Wait();
            _ended.Reset();
            return _run;
        }
    }
}
