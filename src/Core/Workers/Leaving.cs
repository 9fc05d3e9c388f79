using System.Diagnostics;
using AkkaLb.Core.Machines;

namespace AkkaLb.Core.Workers;

/// <summary>The order in which a worker leaves: it says draining in the registry, its gate drains, the lease goes back, and for a moment more
/// whatever was on its way is rejected and not lost.</summary>
/// <remarks>Each step ends with its answer or when its time is over, whichever comes first: on the way out there is nothing left to do about a
/// step that fails. An actor that has ended is as good as one that has answered.</remarks>
/// <param name="drainTimeout">How long running jobs may take to finish; zero or more.</param>
/// <param name="rejectLinger">How long jobs are still rejected after the lease has been given back; zero or more.</param>
public sealed class Leaving(TimeSpan drainTimeout, TimeSpan rejectLinger) : IMachine<LeavingEffect>
{
    /// <summary>How long the registry may take for one step, and the gate beyond the time to drain.</summary>
    public static readonly TimeSpan StepMax = TimeSpan.FromSeconds(5);

    private Step _step = Step.New;

    private enum Step
    {
        New,
        Announcing,
        Draining,
        Leaving,
        Lingering,
        Ended,
    }

    /// <inheritdoc/>
    public TimeSpan? NextDue { get; private set; }

    /// <inheritdoc/>
    public void Handle(object input, TimeSpan now, List<LeavingEffect> outbox)
    {
        var isOver = input switch
        {
            LeavingInput.Begin => _step == Step.New,
            LeavingInput.DrainingAnnounced => _step == Step.Announcing,
            LeavingInput.Drained => _step == Step.Draining,
            LeavingInput.RegistryLeft => _step == Step.Leaving,
            Tick => now >= NextDue,
            _ => throw Inputs.Unknown(input, "leaving"),
        };
        if (isOver)
        {
            (_step, var timeMax, LeavingEffect? effect) = _step switch
            {
                Step.New => (Step.Announcing, StepMax, new LeavingEffect.AnnounceDraining()),
                Step.Announcing => (Step.Draining, drainTimeout + StepMax, new LeavingEffect.StartDrain(drainTimeout)),
                Step.Draining => (Step.Leaving, StepMax, new LeavingEffect.LeaveRegistry()),
                Step.Leaving => (Step.Lingering, rejectLinger, null),
                Step.Lingering => (Step.Ended, (TimeSpan?)null, (LeavingEffect?)new LeavingEffect.End()),
                _ => throw new UnreachableException(),
            };
            NextDue = now + timeMax;
            if (effect is not null)
            {
                outbox.Add(effect);
            }
        }
    }
}
