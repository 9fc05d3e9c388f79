using System.Runtime.CompilerServices;
using AkkaLb.Core.Clients;
using static AkkaLb.Core.Tests.Build;

namespace AkkaLb.Core.Tests.Clients;

/// <summary>The scenarios in <c>Scripts/</c>, one file each; <see cref="ClientScript"/> says how to read and write one.</summary>
/// <remarks>
/// After a change that is meant, set AKKALB_REWRITE_SCRIPTS to the folder of the scripts and run the tests: they write what happens now, to be
/// read as a diff.
/// </remarks>
public class ClientCoreTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Clients", "Scripts");

    public static TheoryData<string> Scripts =>
        new(Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_scenario_plays_as_written(string script)
    {
        var written = File.ReadAllText(Path.Combine(Folder, script + ".txt"));
        var played = ClientScript.Play(written);
        if (Environment.GetEnvironmentVariable("AKKALB_REWRITE_SCRIPTS") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, script + ".txt"), played);
        }

        Assert.Equal(written.ReplaceLineEndings("\n"), played);
    }

    [Fact]
    public void Progress_is_told_of_the_attempt_that_is_out_to_whom_wants_it()
    {
        var core = Linked();
        core.Handle(new ClientInput.Submit("wants", ClientDriver.Text(""), true, S(60), WantsProgress: true), default);
        var request = core.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>().Last().RequestId;
        core.Assigned(request, [new AssignedWorker(Key("w1"), "a1")], "", default);
        var wants = core.Effects.OfType<ClientEffect.ToGate>().Last().Job;
        Send(core, "w1");
        var other = core.Effects.OfType<ClientEffect.ToGate>().Last().Job.Id;
        Assert.Equal([true, false], core.Effects.OfType<ClientEffect.ToGate>().Select(e => e.Job.WantsProgress));

        core.Handle(new JobProgress(wants.Id, 1, ClientDriver.Text("half")), S(1));
        core.Handle(new JobProgress(wants.Id, 2, ClientDriver.Text("another attempt")), S(1));
        core.Handle(new JobProgress(other, 1, ClientDriver.Text("not asked for")), S(1));
        core.JobDone(wants.Id, 1, "reply", S(1));
        core.Handle(new JobProgress(wants.Id, 1, ClientDriver.Text("late")), S(1));

        Assert.Equal([("wants", "half")], core.Effects.OfType<ClientEffect.Progress>().Select(e => (e.Ticket, e.Message.Manifest)));
    }

    [Fact]
    public void In_flight_jobs_are_counted_by_worker()
    {
        var core = Linked();
        Send(core, "w1");
        Send(core, "w1");
        var third = Send(core, "w2");
        Assert.Equal((2, 1), (core.InFlight[Key("w1")], core.InFlight[Key("w2")]));
        core.JobDone(third, 1, "reply", default);
        Assert.Equal([Key("w1")], core.InFlight.Keys);
    }

    [Fact]
    public void A_jobs_message_and_ticket_are_let_go_when_it_ends()
    {
        var core = Linked();
        var message = SendAndFinish(core);
        GC.Collect();
        Assert.False(message.IsAlive);
        Assert.Equal(0, core.PendingCount);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference SendAndFinish(ClientDriver core)
    {
        var message = ClientDriver.Text("");
        var id = core.Submit(message, message, isIdempotent: true, S(60), default);
        core.Assigned(1, [new AssignedWorker(Key("w1"), "a1")], "", default);
        core.JobDone(id, 1, "reply", default);
        core.Effects.Clear();
        return new WeakReference(message);
    }

    private static ClientDriver Linked()
    {
        var core = new ClientDriver(ClientSettings.Default, clientId: 1, new Random(1));
        core.BalancerFound(default);
        return core;
    }

    private static JobId Send(ClientDriver core, string worker)
    {
        var id = core.Submit("", ClientDriver.Text(""), isIdempotent: true, S(60), default);
        var request = core.Effects.OfType<ClientEffect.ToBalancer>().Select(e => e.Message).OfType<Assign>().Last().RequestId;
        core.Assigned(request, [new AssignedWorker(Key(worker), worker)], "", default);
        return id;
    }
}
