using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>What a client tells of the questions and attempts of a job that is measured.</summary>
public class MeasuredJobsTests
{
    private static readonly AssignedWorker W1 = new(Key("w1"), "a1");
    private static readonly AssignedWorker W2 = new(Key("w2"), "a2");

    [Fact]
    public void A_job_that_is_refused_and_sent_again_has_two_questions_and_two_attempts()
    {
        var client = New(ClientSettings.Default);
        var job = Submit(client);
        client.Assigned(1, [W1], "", default);
        client.JobRejected(job, 1, JobRejectReason.Draining, "", default, default);
        client.Tick(S(1));
        client.Assigned(2, [W2], "", S(1));
        client.JobDone(job, 2, "", S(1));

        Assert.Equal(
            ["Asked", "Answered", "Sent 1", "AttemptEnded Draining", "Asked", "Answered", "Sent 2, transparent", "AttemptEnded"], Told(client));
    }

    [Fact]
    public void A_job_that_may_have_run_is_no_transparent_retry_and_the_last_one_says_that_the_budget_is_used_up()
    {
        var client = New(ClientSettings.Default with { RetryBudget = new RetryBudgetSettings(0, 0.1) });
        var job = Submit(client);
        client.Assigned(1, [W1], "", default);
        client.JobFailed(job, 1, JobFailureReason.Drained, "", default);
        client.Tick(S(1));
        client.Assigned(2, [W2], "", S(1));
        client.JobFailed(job, 2, JobFailureReason.Drained, "", S(1));

        Assert.Equal(
            [
                "Asked", "Answered", "Sent 1", "AttemptEnded Drained", "Asked", "Answered", "Sent 2", "BudgetExhausted", "AttemptEnded Drained",
            ],
            Told(client));
    }

    [Fact]
    public void A_question_without_a_worker_says_why_and_one_that_is_asked_again_had_no_answer()
    {
        var client = New(ClientSettings.Default);
        var job = Submit(client);
        client.AssignRejected(1, AssignRejectReason.NotReady, "", S(1), default);
        client.Tick(S(1));
        client.Tick(S(1) + ClientSettings.Default.AssignTimeout);
        client.Handle(new ClientInput.Cancel(job), S(3));

        Assert.Equal(["Asked", "Answered NotReady", "Asked", "Answered Unanswered", "Asked", "Answered Cancelled"], Told(client));
    }

    [Fact]
    public void A_late_answer_ends_the_attempt_that_is_out_without_a_result()
    {
        var client = New(ClientSettings.Default);
        var job = Submit(client);
        client.Assigned(1, [W1], "", default);
        client.DeadLettered(job, 1, default);
        client.Tick(S(1));
        client.Assigned(2, [W2], "", S(1));
        client.JobDone(job, 1, "", S(1));

        Assert.Equal(
            ["Asked", "Answered", "Sent 1", "AttemptEnded Undelivered", "Asked", "Answered", "Sent 2, transparent", "AttemptEnded Superseded"],
            Told(client));
    }

    [Fact]
    public void A_job_that_uses_a_pick_at_hand_has_no_question()
    {
        var client = New(ClientSettings.Default);
        var now = default(TimeSpan);
        for (var i = 0; i < 200; i++)
        {
            client.Effects.Clear();
            Submit(client, now);
            if (Told(client) is ["Sent 1"])
            {
                return;
            }

            now += Ms(10);
            foreach (var asked in client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>().ToList())
            {
                client.Handle(
                    new Assigned(asked.RequestId, [.. Enumerable.Repeat(W1, asked.Count)], "", Revision: 1, TakesFinished: true, TakesBatches: true),
                    now);
            }
        }

        Assert.Fail("no pick was at hand");
    }

    [Fact]
    public void Of_a_job_that_is_not_measured_nothing_is_told()
    {
        var client = New(ClientSettings.Default);
        var job = client.Submit("", ClientDriver.Text(""), isIdempotent: true, S(60), default);
        client.Assigned(1, [W1], "", default);
        client.JobDone(job, 1, "", default);

        Assert.Empty(Told(client));
    }

    private static ClientDriver New(ClientSettings settings)
    {
        var client = new ClientDriver(settings, 7, new Random(4053));
        client.BalancerFound(default);
        return client;
    }

    private static JobId Submit(ClientDriver client, TimeSpan now = default) =>
        client.Submit("ticket", ClientDriver.Text(""), isIdempotent: true, S(60), now, isMeasured: true);

    private static List<string> Told(ClientDriver client) =>
    [
        .. client.Effects.Select(effect => effect switch
        {
            ClientEffect.Attempt { Ticket: "ticket" } sent => $"Sent {sent.Job.Attempt}{(sent.IsTransparent ? ", transparent" : "")}",
            ClientEffect.Moment { Ticket: "ticket" } moment => $"{moment.What} {moment.Error}".TrimEnd(),
            _ => "",
        }).Where(text => text.Length > 0),
    ];
}
