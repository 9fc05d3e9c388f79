using System.Collections.Concurrent;
using System.Globalization;
using Akka.Configuration;
using Akka.Dispatch;

namespace AkkaLb.Worker;

/// <summary>Executor of a dispatcher: <c>threads</c> threads, all of which work when there is so much to do.</summary>
/// <remarks>Akka's own pool of dedicated threads (1.5.74) wakes only some of them when much comes at once and each blocks: of 24 actors on 64 threads
/// that were told at once and slept for 2 s, 11 were done after 2 s, the next 11 after 4 s.</remarks>
internal sealed class InstanceThreads(Config config, IDispatcherPrerequisites prerequisites) : ExecutorServiceConfigurator(config, prerequisites)
{
    public override ExecutorService Produce(string id) => new Pool(id, Config.GetInt("threads"));

    private sealed class Pool : ExecutorService
    {
        private readonly BlockingCollection<IRunnable> _work = [];

        public Pool(string id, int threads)
            : base(id)
        {
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
                run.Run();
            }
        }
    }
}
