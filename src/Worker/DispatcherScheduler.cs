using Akka.Dispatch;

namespace AkkaLb.Worker;

/// <summary>Runs tasks on the threads of a dispatcher: what users' code blocks is not the shared pool.</summary>
internal sealed class DispatcherScheduler(MessageDispatcher dispatcher) : TaskScheduler
{
    protected override void QueueTask(Task task) => dispatcher.Schedule(() => TryExecuteTask(task));

    /// <summary>Never on a thread of somebody else.</summary>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
