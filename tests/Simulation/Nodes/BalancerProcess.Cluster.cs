using AkkaLb.Core;
using AkkaLb.Core.Balancing;
using AkkaLb.Core.Clusters;
using AkkaLb.Simulation.Checks;
using AkkaLb.Simulation.World;

namespace AkkaLb.Simulation.Nodes;

/// <summary>Its part in a cluster of balancers, of which one decides.</summary>
internal sealed partial class BalancerProcess
{
    /// <summary>Asks for the deciding lease, or renews it, one request at a time.</summary>
    private void Contend()
    {
        After(ContendEvery, Contend);
        if (IsDeciding && Now >= _heldUntil && Run.Planted != Planted.AnswersAfterItsLease)
        {
            EndDeciding();
        }

        if (_isContending || IsLeaving)
        {
            return;
        }

        var (until, term, life) = (Now + DecidingTtl, _term, Life);
        _isContending = true;
        Run.Etcd.Ask(
            this,
            DecidingTtl / 3,
            () => term == 0 ? Run.Etcd.TakeDeciding(this, life, DecidingTtl) : Run.Etcd.RenewDeciding(this, life, term, DecidingTtl),
            held =>
            {
                _isContending = false;
                if (held == 0)
                {
                    EndDeciding();
                }
                else if (term == 0)
                {
                    BeginDeciding(held, until);
                }
                else if (term == _term)
                {
                    _heldUntil = until;
                }
            },
            _ => _isContending = false);
    }

    private void BeginDeciding(long term, TimeSpan until)
    {
        if (IsLeaving || Now >= until)
        {
            return;
        }

        Run.Marks.Reach(Run.Jobs.Open > 0 ? Mark.DeciderChangedWithJobsOpen : Mark.DeciderChanged);
        Told($"decides, term {term}");
        (_term, _heldUntil, DecidesSince) = (term, until, Now);
        BeginBalancing(new DecidingRight(() => _term, () => Now < _heldUntil || Run.Planted == Planted.AnswersAfterItsLease));
        _front!.Step(new FrontInput.LocalDecides());
        _watcher.Step(new GetWorkers());
    }

    private void EndDeciding()
    {
        if (IsDeciding)
        {
            Told("no longer decides");
            _term = 0;
            _balancer.IsOver = true;
            _front!.Step(new FrontInput.LocalEnded());
        }
    }

    private void Perform(FrontEffect effect)
    {
        // Where another has taken over, the cluster has removed the one before, also when that one is frozen and does not know it yet.
        var decider = Run.Balancers.Where(b => b.IsUp && b.IsDeciding).MaxBy(b => b._term);
        switch (effect)
        {
            case FrontEffect.ToLocal e:
                Serve(e.Message);
                break;
            case FrontEffect.ToDecider e when decider is not null:
                Run.Marks.Reach(Mark.PassedOnToTheDecider);
                Run.Network.Send(this, decider.Address, DecidingPath, new Forwarded(_asker.Address, _asker.ReplyTo, e.Message), "");
                break;
            case FrontEffect.Answer e:
                if (e.Message is AssignRejected { Reason: AssignRejectReason.NotReady })
                {
                    Run.Marks.Reach(Mark.RejectedNobodyDecides);
                }

                Reply(e.Message);
                break;
            case FrontEffect.AskWho when decider == this:
                if (HoldsTheRight)
                {
                    Locally(() => _front!.Step(new FrontInput.Decided(_term, "this balancer")));
                }

                break;
            case FrontEffect.AskWho when decider is not null:
                Run.Network.Send(this, decider.Address, DecidingPath, WhoDecides.Instance, BalancerPath);
                break;
            case FrontEffect.Note e:
                Told(e.Text);
                break;
        }
    }

    /// <summary>One decides at a time, and under each term only one. A registry that has lost its data has lost the lease with it.</summary>
    private void CheckRight(Assigned assigned)
    {
        if (_front is null || Run.Etcd.HasLostData)
        {
            return;
        }

        if (Run.Balancers.FirstOrDefault(other => other != this && other.HoldsTheRight) is { } second)
        {
            Run.Violate("one-decides", $"{Name} answers under term {assigned.Term} while {second.Name} holds term {second._term}");
        }

        if (!Run.OwnerOf(assigned.Term, $"{Name}/{Life}"))
        {
            Run.Violate("one-decider-a-term", $"{Name} answers under term {assigned.Term}, under which another one has answered");
        }
    }
}
