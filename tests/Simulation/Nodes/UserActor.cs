using AkkaLb.Core.Gate;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation.Nodes;

/// <summary>An instance of a user's actor: a mailbox, and habits that come with each job.</summary>
internal sealed class UserActor(WorkerProcess worker, int place, long birth)
{
    private static readonly TimeSpan RestartTime = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan StopsWithin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan BlocksFor = TimeSpan.FromSeconds(8);

    private readonly Queue<object> _mailbox = new();
    private bool _isBusy;
    private bool _isStopping;
    private bool _hasEnded;

    public long Birth => birth;

    /// <summary>The last that it was given.</summary>
    public Assignment? Work { get; private set; }

    public void Ask(long mark) => Post(new Question(mark));

    /// <param name="endMark">Of the question that the reply puts.</param>
    public void Give(long token, JobRecord job, long endMark) => Post(Work = new Assignment(token, job, endMark));

    /// <summary>It replies with a failure to what it was given last.</summary>
    public void Fail()
    {
        Tell(new GateInput.ReplyFailed(Work!.Token));
        Ask(Work.EndMark);
    }


    /// <summary>As <c>Context.Stop</c> does: what it is at is finished first.</summary>
    public void Stop()
    {
        _isStopping = true;
        if (!_isBusy)
        {
            End();
        }
    }

    private void Post(object item)
    {
        if (_hasEnded)
        {
            ComesBack(item);
            return;
        }

        _mailbox.Enqueue(item);
        Pump();
    }

    private void Pump()
    {
        if (_isBusy || _hasEnded)
        {
            return;
        }

        if (_isStopping)
        {
            End();
            return;
        }

        if (!_mailbox.TryDequeue(out var item))
        {
            return;
        }

        _isBusy = true;
        worker.Locally(() =>
        {
            if (item is Question question)
            {
                Tell(new GateInput.InstanceIdle(place, question.Mark));
                Next();
            }
            else
            {
                Do((Assignment)item);
            }
        });
    }

    private void Do(Assignment work)
    {
        var job = work.Job;
        if (job.Habit == Habits.Unhandled)
        {
            Tell(new GateInput.MessageUnhandled(work.Token, "the worker's actor does not handle it"));
            Next();
            return;
        }

        worker.Run.Jobs.Started(job, worker);
        var time = TimeSpan.FromMilliseconds(job.Milliseconds);
        switch (job.Habit)
        {
            case Habits.Waits:
                worker.After(time, () => Reply(work));
                Next();
                break;
            case Habits.IsStuck:
                Next();
                break;
            case Habits.Blocks:
                worker.After(BlocksFor, Next);
                break;
            case Habits.Crashes:
                worker.After(time, () => Crash(isOnJob: true));
                break;
            case Habits.CrashesLate:
                worker.After(time, () =>
                {
                    Reply(work);
                    Crash(isOnJob: false);
                });
                break;
            case Habits.AnswersAndStops:
                worker.After(time, () =>
                {
                    // A moment later: it may have the next job in its mailbox by then.
                    Reply(work);
                    Next();
                    worker.After(worker.Random.Upto(StopsWithin), Stop);
                });
                break;
            case Habits.Stops:
                worker.After(time, End);
                break;
            case Habits.Fails:
                worker.After(time, () =>
                {
                    Fail();
                    Next();
                });
                break;
            default:
                worker.After(time, () =>
                {
                    Reply(work);
                    Next();
                });
                break;
        }
    }

    private void Reply(Assignment work)
    {
        if (!_hasEnded)
        {
            JobBook.Replied(work.Job, worker);
            Tell(new GateInput.Replied(work.Token));
            Ask(work.EndMark);
        }
    }

    private void Crash(bool isOnJob)
    {
        if (_hasEnded || _isStopping)
        {
            End();
            return;
        }

        Tell(new GateInput.InstanceCrashed(place, isOnJob));
        worker.After(RestartTime, Next);
    }

    private void Next()
    {
        _isBusy = false;
        Pump();
    }

    private void End()
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        var left = _mailbox.ToList();
        _mailbox.Clear();
        left.ForEach(ComesBack);
        worker.Locally(() => worker.InstanceEnded(this, place));
    }

    /// <summary>It is a dead letter, and mostly comes before the end is told.</summary>
    private void ComesBack(object item)
    {
        if (item is Assignment work && worker.Random.Chance(0.9))
        {
            worker.Run.Marks.Reach(Mark.JobReturnedToTheQueue);
            Tell(new GateInput.JobReturned(work.Token));
        }
    }

    /// <summary>Nothing that a stopped instance does counts.</summary>
    private void Tell(object input) => worker.TellGate(this, place, input);

    private sealed record Question(long Mark);

    internal sealed record Assignment(long Token, JobRecord Job, long EndMark);
}
