using System.Runtime.Serialization;
using AkkaLb.Core;
using AkkaLb.Tests.Support;
using Google.Protobuf;

namespace AkkaLb.Messages.Tests;

[Collection(nameof(TestSystem))]
public sealed class WireFormatTests(TestSystem system)
{
    [Fact]
    public void Every_message_of_the_protocol_is_among_the_samples()
    {
        var messages = new[] { typeof(IAkkaLbMessage).Assembly, typeof(AkkaLbSerializer).Assembly }.SelectMany(a => a.GetTypes())
            .Where(t => t.IsAssignableTo(typeof(IAkkaLbMessage)) && !t.IsInterface);

        Assert.Equal(messages.Select(t => t.Name).Order(), Samples.All(system).Select(s => s.Message.GetType().Name).Distinct().Order());
    }

    [Fact]
    public void However_many_gates_have_been_named_each_is_read_as_itself()
    {
        // More than are remembered, and then those again that came first.
        foreach (var uid in Enumerable.Range(1, 5_000).Concat(Enumerable.Range(1, 10)))
        {
            var path = Samples.GatePath[..(Samples.GatePath.IndexOf('#') + 1)] + uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
            var assigned = new Wire.Assigned { Workers = { new Wire.AssignedWorker { WorkerId = "w", Path = path } } };

            var gate = ((Assigned)system.Read(assigned.ToByteArray(), "AD")).Workers[0].Gate;

            Assert.Equal(path, gate);
            Assert.Equal(assigned.ToByteArray(), system.Write(new Assigned(0, [new AssignedWorker(new WorkerKey("w", 0), gate)], "")).Bytes);
        }
    }

    [Fact]
    public void Picks_of_distinct_workers_are_written_as_a_reader_that_knows_no_places_reads_them()
    {
        var workers = Enumerable.Range(1, 3).Select(
            i => new AssignedWorker(new WorkerKey($"w{i}", i), Samples.GatePath)).ToArray();

        var distinct = Wire.Assigned.Parser.ParseFrom(system.Write(new Assigned(1, workers, "")).Bytes);
        var repeated = system.Write(new Assigned(1, [workers[2], workers[0], workers[2], workers[0], workers[1]], "")).Bytes;

        Assert.Equal((3, 0), (distinct.Workers.Count, distinct.Picks.Count));
        Assert.Equal(3, Wire.Assigned.Parser.ParseFrom(repeated).Workers.Count);
        Assert.Equal("w3 w1 w3 w1 w2", string.Join(' ', ((Assigned)system.Read(repeated, "AD")).Workers.Select(w => w.Worker.Id)));
    }

    [Fact]
    public void Reasons_and_priorities_survive_the_round_trip_one_by_one()
    {
        foreach (var reason in Enum.GetValues<AssignRejectReason>())
        {
            Assert.Equal(reason, RoundTrip(new AssignRejected(1, reason, "", TimeSpan.Zero)).Reason);
        }

        foreach (var reason in Enum.GetValues<JobFailureReason>())
        {
            Assert.Equal(reason, RoundTrip(new JobFailed(default, 1, reason, "", "")).Reason);
        }

        foreach (var reason in Enum.GetValues<JobRejectReason>())
        {
            Assert.Equal(reason, RoundTrip(new JobRejected(default, 1, reason)).Reason);
        }

        foreach (var condition in Enum.GetValues<WorkerCondition>())
        {
            var details = new MemberDetails(condition, "", 0, 0, null, 0, "");
            var member = new MemberState(new WorkerKey("w", 1), WorkerState.Up, true, null, Details: details);
            Assert.Equal(condition, RoundTrip(new BalancerState("b", "p", "", 0, 1, 0, [member])).Members[0].Details!.Condition);
        }

        foreach (var wanted in Enum.GetValues<AdminState>())
        {
            var details = new MemberDetails(null, "", 0, 0, null, 0, "", Wanted: wanted);
            var member = new MemberState(new WorkerKey("w", 1), WorkerState.Up, true, null, Details: details);
            Assert.Equal(wanted, RoundTrip(new BalancerState("b", "p", "", 0, 1, 0, [member])).Members[0].Details!.Wanted);
        }

        foreach (var priority in Enum.GetValues<JobPriority>())
        {
            Assert.Equal(priority, RoundTrip(new Assign(1, 1, [], null, TimeSpan.Zero, Priority: priority)).Priority);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(-1)]
    public void Reasons_of_a_later_version_read_as_the_nearest_one_known(int later)
    {
        var id = new Wire.JobId();
        var assign = new Wire.AssignRejected { Reason = (Wire.AssignRejectReason)later };
        var failed = new Wire.JobFailed { Id = id, Attempt = 1, Reason = (Wire.JobFailureReason)later };
        var rejected = new Wire.JobRejected { Id = id, Attempt = 1, Reason = (Wire.JobRejectReason)later };

        Assert.Equal(AssignRejectReason.NotReady, Read<AssignRejected>("AR", assign).Reason);
        Assert.Equal(JobFailureReason.Failure, Read<JobFailed>("JF", failed).Reason);
        Assert.Equal(JobRejectReason.Unable, Read<JobRejected>("JR", rejected).Reason);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    public void A_priority_of_a_later_version_is_normal(int later) => Assert.Equal(
        JobPriority.Normal, Read<Assign>("A", new Wire.Assign { Count = 1, Priority = (Wire.JobPriority)later }).Priority);

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    [InlineData(-1)]
    public void A_condition_of_a_later_version_is_read_as_none(int later) => Assert.Null(Read<BalancerState>(
        "BS", new Wire.BalancerState
        {
            Members = { new Wire.MemberState { WorkerId = "w", Details = new Wire.MemberDetails { Condition = (Wire.WorkerCondition)later } } },
        }).Members[0].Details!.Condition);

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void What_a_later_version_wants_of_a_worker_is_read_as_drained(int later) => Assert.Equal(AdminState.Drain, Read<BalancerState>(
        "BS", new Wire.BalancerState
        {
            Members = { new Wire.MemberState { WorkerId = "w", Details = new Wire.MemberDetails { Wanted = (Wire.AdminState)later } } },
        }).Members[0].Details!.Wanted);

    [Fact]
    public void Details_of_an_earlier_version_say_that_the_worker_gets_its_whole_share()
    {
        var details = Read<BalancerState>(
            "BS", new Wire.BalancerState { Members = { new Wire.MemberState { WorkerId = "w", Details = new Wire.MemberDetails() } } })
            .Members[0].Details!;
        Assert.Equal((100, 100, AdminState.Ready), (details.SharePercent, details.WeightPercent, details.Wanted));
        Assert.Null(details.AnswerTime);
        Assert.Null(details.LastTrouble);
    }

    [Fact]
    public void A_worker_state_of_a_later_version_takes_no_jobs()
    {
        var wire = Wire.Register.Parser.ParseFrom(Samples.All(system).First(s => s.Manifest == "R").Golden);
        wire.Worker.State = (Wire.WorkerState)99;

        Assert.Equal(WorkerState.Draining, Read<Register>("R", wire).Worker.State);
    }

    [Fact]
    public void A_remaining_time_above_zero_never_arrives_as_zero() =>
        Assert.Equal(1, RoundTrip(new Assign(1, 1, [], null, TimeSpan.FromTicks(1))).Remaining.TotalMilliseconds);

    [Fact]
    public void A_negative_remaining_time_arrives_as_zero() =>
        Assert.Equal(TimeSpan.Zero, RoundTrip(new Assign(1, 1, [], null, TimeSpan.FromSeconds(-1))).Remaining);

    [Fact]
    public void Durations_beyond_the_field_are_cut_and_not_wrapped_around()
    {
        var report = new MemoryReport(new WorkerKey("w", 1), 1, TimeSpan.MaxValue, 0, 0, 0, default, 0);

        Assert.Equal(TimeSpan.FromMilliseconds(uint.MaxValue), RoundTrip(report).Heartbeat);
        Assert.Equal(TimeSpan.FromDays(100), RoundTrip(new Registered(1, TimeSpan.MaxValue)).Ttl);
    }

    [Fact]
    public void A_text_of_a_megabyte_is_cut_so_that_its_message_fits_a_frame()
    {
        var text = string.Concat(Enumerable.Repeat("x😀", 400_000));
        var failed = new JobFailed(default, 1, JobFailureReason.Crash, text, text);

        Assert.InRange(system.Write(failed).Bytes.Length, 8192, 60_000);
        Assert.StartsWith(RoundTrip(failed).Text, text, StringComparison.Ordinal);
    }

    [Fact]
    public void However_long_its_texts_are_a_record_fits_the_smallest_frame_or_is_refused_by_name() => Assert.All(Samples.All(system), s =>
    {
        // A job, its reply and its progress are bounded where the user's message is wrapped, and a batch where it is packed.
        if (s.Message is Job or JobDone or JobProgress or ReplyPiece or Batch)
        {
            return;
        }

        foreach (var text in new[] { new string('x', 200_000), string.Concat(Enumerable.Repeat("x€😀", 50_000)), new string('\ud800', 100_000) })
        {
            var message = (IAkkaLbMessage)WithTexts(s.Message, text);
            try
            {
                Assert.InRange(system.Write(message).Bytes.Length, 0, 32_000 - Payloads.EnvelopeBytesMax);
            }
            catch (SerializationException e)
            {
                Assert.Contains(message.GetType().Name, e.Message, StringComparison.Ordinal);
                Assert.Matches("worker_id|path|version|key|reason|service|zone", e.Message);
            }
        }
    });

    /// <summary>A copy with each text in it, also in the records and lists that it holds, replaced by another.</summary>
    private static object WithTexts(object record, string text)
    {
        var copy = record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;
        foreach (var property in record.GetType().GetProperties().Where(p => p.SetMethod is not null))
        {
            var value = property.GetValue(record);
            property.SetValue(copy, value switch
            {
                string => text,
                WorkerRecord => WithTexts(value, text),
                IReadOnlyList<MemberState> { Count: > 0 } members => members.Select(m => (MemberState)WithTexts(m, text)).ToArray(),
                _ => value,
            });
        }

        return copy;
    }

    [Fact]
    public void An_unpaired_surrogate_in_a_text_does_no_harm() =>
        Assert.True(system.ReadsOrRefuses(
            system.Write(new JobFailed(default, 1, JobFailureReason.Crash, "T", "a\ud800b")).Bytes, "JF", "unpaired surrogate"));

    [Fact]
    public void The_largest_assignment_that_can_be_asked_for_fits_a_frame_when_ids_and_hosts_are_ordinary()
    {
        const string gate = "akka.tcp://AkkaLb@worker-17.example.net:4055/user/worker#1234567890";
        var workers = Enumerable.Range(0, Assign.CountMax).Select(i => new AssignedWorker(new WorkerKey($"worker-{i}", long.MaxValue), gate));

        Assert.InRange(system.Write(new Assigned(1, [.. workers], "round-robin")).Bytes.Length, 1, 124_000);
    }

    [Fact]
    public void The_largest_page_of_a_balancers_state_fits_a_frame_also_with_the_longest_ids()
    {
        var member = new MemberState(new WorkerKey(new string('w', WorkerIds.LengthMax), long.MaxValue), WorkerState.Draining, true, long.MaxValue);
        var page = Enumerable.Repeat(member, GetBalancerState.CountMax);
        var whole = member with
        {
            Reason = new string('ü', 300), InFlight = double.MaxValue, Drift = double.MinValue, Places = int.MaxValue, Zone = new string('z', 64),
            Details = new MemberDetails(
                WorkerCondition.SlowStart, new string('ü', 300), int.MaxValue, long.MaxValue, TimeSpan.MaxValue, long.MaxValue,
                new string('ü', 128), int.MaxValue, 99, AdminState.Maintenance, 99, TimeSpan.MaxValue, TimeSpan.MaxValue,
                new MemberTrouble(PickEnd.Cancelled, TimeSpan.MaxValue)),
        };
        var head = system.Write(new BalancerState("b", "least-load", "", 1, 1, 0, [])).Bytes.Length;
        Assert.InRange(system.Write(new BalancerState("b", "least-load", "", 1, 1, 0, [whole])).Bytes.Length - head, 1, whole.BytesMax);

        Assert.InRange(system.Write(
            new BalancerState("b", "least-load", "", long.MaxValue, int.MaxValue, 0, [.. page])).Bytes.Length, 60_000, 100_000);
    }

    [Fact]
    public void A_reason_arrives_as_one_line_of_at_most_300_characters()
    {
        var record = new WorkerRecord("w", 1, Samples.GatePath, WorkerState.Draining, 1, 1000, "1", "no\r\n\tdisk " + new string('x', 1000));

        var reason = RoundTrip(new Register(record, TimeSpan.FromSeconds(1))).Worker.Reason;

        Assert.Equal("no disk " + new string('x', 289) + "...", reason);
    }

    [Fact]
    public void The_text_of_a_rejection_is_cut_to_500_characters() =>
        Assert.Equal(new string('x', 500), RoundTrip(new JobRejected(default, 1, JobRejectReason.Unable, new string('x', 9000))).Text);

    private T RoundTrip<T>(T message)
        where T : IAkkaLbMessage
    {
        var (id, manifest, bytes) = system.Write(message);
        return (T)system.Read(bytes, id, manifest);
    }

    private T Read<T>(string manifest, IMessage wire) => (T)system.Read(wire.ToByteArray(), manifest);
}
