using System.Collections.Concurrent;
using System.Globalization;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace AkkaLb.Worker;

/// <summary>Executor of a dispatcher: <c>threads</c> threads, all of which work when there is so much to do.</summary>
/// <remarks>Akka's own pool of dedicated threads (1.5.74) wakes only some of them when much comes at once and each blocks: of 24 actors on 64 threads
/// that were told at once and slept for 2 s, 11 were done after 2 s, the next 11 after 4 s.</remarks>
internal sealed class InstanceThreads(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new Pool(id, Config.GetInt("threads"), Prerequisites.EventStream);

    private sealed class Pool : ExecutorService
    {
        private readonly BlockingCollection<IRunnable> _work = [];
        private readonly EventStream _log;

        public Pool(string id, int threads, EventStream log)
            : base(id)
        {
            _log = log;
            for (var i = 1; i <= threads; i++)
            {
                new Thread(Run) { IsBackground = true, Name = string.Create(CultureInfo.InvariantCulture, $"{id}_{i}") }.Start();
            }
        }

        public override void Execute(IRunnable run)
        {
            try
            {
                _work.Add(run);
            }
            catch (InvalidOperationException)
            {
                // The dispatcher has ended.
            }
        }

        public override void Shutdown() => _work.CompleteAdding();

        private void Run()
        {
            foreach (var run in _work.GetConsumingEnumerable())
            {
                try
                {
                    run.Run();
                }
#pragma warning disable CA1031 // It would end the process; Akka means to let nothing through.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    _log.Publish(new Error(e, Id, typeof(InstanceThreads), "what ran on a thread of the worker's instances has thrown"));
                }
            }
        }
    }
}
