using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>Jobs of one service, beside those of another.</summary>
public class ClientServicesTests
{
    private readonly ClientDriver _client = new(
        ClientSettings.Default with { RetryBudget = new RetryBudgetSettings(0, 0.1) }, 7, new Random(4053));

    public ClientServicesTests() => _client.BalancerFound(default);

    [Fact]
    public void A_job_asks_for_a_worker_of_its_service_each_time()
    {
        Submit("pdf");
        Assert.Equal("pdf", Last().Service);
        _client.AssignRejected(Last().RequestId, AssignRejectReason.NoWorkers, "", S(1), default);
        _client.Tick(S(1));
        Assert.Equal(("pdf", 2L), (Last().Service, Last().RequestId));
        _client.Handle(new ClientInput.SubmitAssign("", 2, S(60), "img"), S(1));
        Assert.Equal("img", Last().Service);
    }

    [Fact]
    public void While_jobs_wait_for_a_place_in_one_service_those_of_another_are_sent()
    {
        Submit("pdf");
        Assigned("pdf/w");
        _client.Handle(new JobRejected(new JobId(7, 1), 1, JobRejectReason.OverCapacity, RetryAfter: S(1)), default);
        Submit("pdf");
        Assert.Equal(2, Assigns().Count);

        Submit("default");
        Assert.Equal(("default", 0), (Last().Service, Last().LeaveOut.Count));
        Assigned("w");
        Assert.IsType<ClientEffect.ToGate>(_client.Effects[^1]);
    }

    [Fact]
    public void Workers_to_leave_out_are_those_of_the_service()
    {
        Submit("pdf");
        Assigned("pdf/w");
        _client.Handle(new JobRejected(new JobId(7, 1), 1, JobRejectReason.Draining), default);
        Submit("default");
        Assert.Empty(Last().LeaveOut);
        Submit("pdf");
        Assert.Equal("pdf/w", Assert.Single(Last().LeaveOut).Id);
    }

    [Fact]
    public void A_balancer_that_knows_no_services_names_a_worker_of_another_one_and_nothing_is_sent_there()
    {
        Submit("pdf");
        Assigned("w");
        Assert.DoesNotContain(_client.Effects, e => e is ClientEffect.ToGate);
        _client.Tick(S(5));
        Assigned("pdf/w", S(5));
        Assert.Single(_client.Effects.OfType<ClientEffect.ToGate>());
    }

    [Fact]
    public void Nothing_is_remembered_of_services_without_jobs_when_there_are_many()
    {
        for (var i = 1; i <= 1000; i++)
        {
            Submit($"s{i}");
            Assigned($"s{i}/w");
            _client.Handle(new JobDone(new JobId(7, i), 1, ClientDriver.Text("")), default);
        }

        Assert.Equal(0, _client.PendingCount);
        Assert.InRange(_client.ServiceCount, 1, 100);
    }

    private void Submit(string service) =>
        _client.Handle(new ClientInput.Submit("", ClientDriver.Text(""), IsIdempotent: true, S(60), Service: service), default);

    private void Assigned(string worker, TimeSpan now = default)
    {
        var gate = $"akka.tcp://AkkaLb@{worker.Replace('/', '-')}:1/user/worker#1";
        _client.Handle(new Assigned(Last().RequestId, [new AssignedWorker(Key(worker), gate)], "random"), now);
    }

    private Assign Last() => Assigns()[^1];

    private List<Assign> Assigns() => [.. _client.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>()];
}
