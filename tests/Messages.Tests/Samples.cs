using System.Text;
using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Tests.Support;

namespace AkkaLb.Messages.Tests;

/// <summary>One or more of every message, with the bytes they have on the wire. Bytes are added, never changed.</summary>
public static class Samples
{
    public const string GatePath = "akka.tcp://AkkaLb@10.0.0.7:4055/user/worker#1234567";

    private static readonly WorkerKey W1 = new("w-1", 0x0102030405060708);
    private static readonly JobId Id = new(0x1122334455667788, 9);
    private static readonly WorkerRecord Record = new("w-1", 0x0102030405060708, GatePath, WorkerState.Up, 64, 1000, "0.1.0");
    private static readonly JobCounts Counts = new(9, 4);
    private static readonly EndedPick Ended = new(300, PickEnd.Failed, TimeSpan.FromMilliseconds(2), Counts);
    private static readonly Payload Hello = new(4054, "hello", Encoding.UTF8.GetBytes("{\"N\":1}"));

    public static IReadOnlyList<WireSample> All(TestSystem system) =>
    [
        new(new Assign(7, 3, [W1, new WorkerKey("w-2", long.MaxValue)], "cart-17", TimeSpan.FromSeconds(30)), "A",
            "080710031A0E0A03772D311108070605040302011A0E0A03772D3211FFFFFFFFFFFFFF7F2207636172742D313728B0EA01"),
        new(new Assign(
            7, 1, [], null, TimeSpan.FromSeconds(1), Finished: new Finished(4053, 6, [Ended with { Job = 5 }]), Job: 300), "A",
            "0807100128E8073A1B09D50F00000000000010061A0E08AC02100218D00F20092804300568AC02"),
        new(new GetDecisions(4053, 7, 20), "GD",
            "09D50F00000000000010071814"),
        new(new Decisions(
            "b-1",
            [
                new Decision(
                    TimeSpan.FromSeconds(2), "pdf", "random", 4053, 3, 7, new CandidateSight("w-1", 2.5, 64, 300, TimeSpan.FromMilliseconds(400)), "",
                    [new CandidateSight("w-2", 0, 1)], 2, 3, 1, 1, true, true, TimeSpan.FromMilliseconds(1), 4, PickEnd.Unused,
                    TimeSpan.FromMilliseconds(2)),
                new Decision(
                    TimeSpan.Zero, WorkerService.Default, "random", 0, 4, 0, null, "no", [], 0, 0, 0, 0, false, false, TimeSpan.Zero, 0, null,
                    TimeSpan.Zero),
            ],
            [new HeldRequest("pdf", 4053, 9, 8, JobPriority.High, TimeSpan.FromSeconds(1), 2, "full")], 8192), "DS",
            "0A03622D3112590880897A12037064661A0672616E646F6D21D50F000000000000280330073A160A03772D31110000000000000440184020AC02" +
            "2890034A070A03772D3218015002580360016801700178018001E8078801049001009801D00F120E1A0672616E646F6D280442026E6F1A1F0A03" +
            "70646611D50F00000000000018092008280130E8073802420466756C6C208040"),
        new(new Assign(7, 1, [], null, TimeSpan.FromSeconds(1), Service: "pdf"), "A",
            "0807100128E8074203706466"),
        new(new Assign(7, 1, [], null, TimeSpan.FromSeconds(1), Zone: "eu-1"), "A",
            "0807100128E807520465752D31"),
        new(new Assign(7, 1, [], null, TimeSpan.FromSeconds(1), Priority: JobPriority.High), "A",
            "0807100128E8074801"),
        new(new Assign(7, 1, [], null, TimeSpan.FromSeconds(1), Priority: JobPriority.Low), "A",
            "0807100128E8074802"),
        new(new GetBalancerState(0, 100, "pdf"), "GB",
            "10641A03706466"),
        new(new BalancerState("b-1", "pick-first", "", 0, 0, 0, [], Services: ["default", "pdf"]), "BS",
            "0A03622D31120A7069636B2D66697273745A0764656661756C745A03706466"),
        new(new WorkerUnreachable(new WorkerKey("pdf/w-1", 1), ""), "U",
            "0A077064662F772D31110100000000000000"),
        new(new Assign(-1, 1, [], null, TimeSpan.Zero), "A",
            "08FFFFFFFFFFFFFFFFFF011001"),
        new(new Assign(7, 1, [], null, TimeSpan.FromSeconds(1), 3, new Finished(5, 6, [Ended])), "A",
            "0807100128E80730033A1909050000000000000010061A0C08AC02100218D00F20092804"),
        new(new Finished(5, 300, [Ended, new EndedPick(301, PickEnd.Unused, TimeSpan.Zero, default)]), "F",
            "09050000000000000010AC021A0C08AC02100218D00F200928041A0308AD02"),
        new(new Assigned(7, [new AssignedWorker(W1, GatePath)], "first-free", TakesFinished: true, TellAtOnce: true), "AD",
            "080712430A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F77" +
            "6F726B657223313233343536371A0A66697273742D6672656538014001"),
        new(new Finished(5, 300, [new EndedPick(300, PickEnd.Cancelled, TimeSpan.FromMilliseconds(2), default)]), "F",
            "09050000000000000010AC021A0808AC02100518D00F"),
        new(new Assigned(7, [new AssignedWorker(W1, GatePath, TakesCancel: true)], "round-robin"), "AD",
            "080712450A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F77" +
            "6F726B6572233132333435363720011A0B726F756E642D726F62696E"),
        new(new Register(Record with { TakesCancel = true }, TimeSpan.FromSeconds(5)), "R",
            "0A530A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F776F72" +
            "6B657223313233343536372001284030E8073A05302E312E306001108827"),
        new(new Job(Id, 2, TimeSpan.FromMinutes(1), true, Hello, TimeSpan.FromMilliseconds(300), WantsProgress: true), "J",
            "0A0B0988776655443322111009100218E0D40320012A1308D61F120568656C6C6F1A077B224E223A317D30AC023801"),
        new(new JobProgress(Id, 2, Hello), "JP",
            "0A0B098877665544332211100910021A1308D61F120568656C6C6F1A077B224E223A317D"),
        new(new Job(Id, 2, TimeSpan.FromMinutes(1), true, Hello, ReplyBytesMax: 16 << 20, WantsStream: true), "J",
            "0A0B0988776655443322111009100218E0D40320012A1308D61F120568656C6C6F1A077B224E223A317D40808080084801"),
        new(new Job(
                Id, 2, TimeSpan.FromMinutes(1), true, Hello,
                Trace: new JobTrace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a=1")), "J",
            "0A0B0988776655443322111009100218E0D40320012A1308D61F120568656C6C6F1A077B224E223A317D523730302D3061663736353139313663" +
            "6434336464383434386562323131633830333139632D623761643662373136393230333333312D30315A03613D31"),
        new(new ReplyPiece(Id, 2, 3, Hello, 70_000), "JS",
            "0A0B098877665544332211100910021803221308D61F120568656C6C6F1A077B224E223A317D28F0A204"),
        new(new TakeReply(Id, 2, 1 << 20), "JT",
            "0A0B0988776655443322111009100218808040"),
        new(new JobDone(Id, 2, Payload.None, new JobCounts(9, 2), new ReplyEnd(3, 0x1122334455667788)), "JD",
            "0A0B0988776655443322111009100220092802320B0803118877665544332211"),
        new(new Assign(7, 1, [], null, TimeSpan.FromSeconds(1), TakesBatches: true), "A",
            "0807100128E8075801"),
        new(new Assign(7, 2, [], null, TimeSpan.FromSeconds(1), Finished: new Finished(5, 0, []), AheadSince: 6), "A",
            "0807100228E8073A090905000000000000006006"),
        new(new Assigned(7, [new AssignedWorker(W1, GatePath, TakesBatches: true)], "round-robin", TakesBatches: true), "AD",
            "080712450A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F77" +
            "6F726B6572233132333435363728011A0B726F756E642D726F62696E4801"),
        new(new Register(Record with { TakesBatches = true }, TimeSpan.FromSeconds(5)), "R",
            "0A530A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F776F72" +
            "6B657223313233343536372001284030E8073A05302E312E306801108827"),
        new(new Job(Id, 2, TimeSpan.FromMinutes(1), true, Hello, TakesBatches: true), "J",
            "0A0B0988776655443322111009100218E0D40320012A1308D61F120568656C6C6F1A077B224E223A317D6001"),
        new(Batches.Of(system.System, new CancelJob(Id, 2), new AssignHeld(7, TimeSpan.FromSeconds(5))), "B",
            "0A024A430A024148120F0A0B0988776655443322111009100212050807108827"),
        new(new CancelJob(Id, 2), "JC",
            "0A0B09887766554433221110091002"),
        new(new AssignHeld(7, TimeSpan.FromSeconds(5)), "AH",
            "0807108827"),
        new(new AssignRejected(7, AssignRejectReason.NoCapacity, "", TimeSpan.Zero), "AR",
            "08071006"),
        new(new Register(Record with { Places = 4, Speed = 150 }, TimeSpan.FromSeconds(5)), "R",
            "0A560A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F776F72" +
            "6B657223313233343536372001284030E8073A05302E312E304804509601108827"),
        new(new Register(Record with { Places = 4, Speed = 150, Zone = "eu-1" }, TimeSpan.FromSeconds(5)), "R",
            "0A5C0A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F776F72" +
            "6B657223313233343536372001284030E8073A05302E312E3048045096015A0465752D31108827"),
        new(new BalancerState("b-1", "random", "", 1, 1, 0, [new MemberState(
                W1, WorkerState.Up, true, 5, Details: new MemberDetails(
                    WorkerCondition.Maintenance, "10.0.0.7:4055", 64, 8, TimeSpan.FromMilliseconds(300), 300, "0.1.0", 3, 20,
                    AdminState.Maintenance, 50))]), "BS",
            "0A03622D31120672616E646F6D200128013A400A03772D311108070605040302011801200128055A2A0809120D31302E302E302E373A343035351840" +
            "200828AC0230AC023A05302E312E304003481450025832"),
        new(new BalancerState("b-1", "random", "", 1, 1, 0, [new MemberState(
                W1, WorkerState.Up, true, 5, Details: new MemberDetails(
                    WorkerCondition.Maintenance, "10.0.0.7:4055", 64, 8, TimeSpan.FromMilliseconds(300), 300, "0.1.0", 3, 20,
                    AdminState.Maintenance, 50, TimeSpan.FromMinutes(5)))]), "BS",
            "0A03622D31120672616E646F6D200128013A430A03772D311108070605040302011801200128055A2D0809120D31302E302E302E373A343035351840" +
            "200828AC0230AC023A05302E312E30400348145002583260AC02"),
        new(new BalancerState("b-1", "random", "", 1, 1, 0, [new MemberState(
                W1, WorkerState.Up, true, 5, Details: new MemberDetails(
                    WorkerCondition.Up, "10.0.0.7:4055", 64, 8, null, 300, "0.1.0", 3, AnswerTime: TimeSpan.FromMilliseconds(20),
                    LastTrouble: new MemberTrouble(PickEnd.Failed, TimeSpan.FromSeconds(2))))]), "BS",
            "0A03622D31120672616E646F6D200128013A440A03772D311108070605040302011801200128055A2E0801120D31302E302E302E373A343035351840" +
            "200830AC023A05302E312E3040034864586468A09C01700278D00F"),
        new(new BalancerState("b-1", "random", "", 1, 1, 0, [new MemberState(W1, WorkerState.Up, true, 5, "", 2.5, -0.5, 4, "eu-1")]), "BS",
            "0A03622D31120672616E646F6D200128013A2E0A03772D31110807060504030201180120012805390000000000000440410000000000" +
            "00E0BF4804520465752D31"),
        new(new BalancerState(
                "b-1", "first-free", "", 1, 1, 0, [new MemberState(W1, WorkerState.Up, true, 5, "", 2.5, -0.5, 4)], 3, TimeSpan.FromSeconds(2), 9),
            "BS",
            "0A03622D31120A66697273742D66726565200128013A280A03772D31110807060504030201180120012805390000000000000440410000000000" +
            "00E0BF4804400348D00F5009"),
        new(new Assigned(7, [new AssignedWorker(W1, GatePath)], "round-robin", TakesFinished: true), "AD",
            "080712430A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F77" +
            "6F726B657223313233343536371A0B726F756E642D726F62696E3801"),
        new(new MemoryReport(W1, 12, TimeSpan.FromSeconds(1), 5, 3, 8, Counts, 1_700_000_000_000), "M",
            "0A03772D31110807060504030201180C20E80728053003380840044880D095FFBC315009"),
        new(new MemoryReport(W1, 12, TimeSpan.FromSeconds(1), 5, 3, 8, Counts, 1_700_000_000_000, Places: 3), "M",
            "0A03772D31110807060504030201180C20E80728053003380840044880D095FFBC3150095803"),
        new(new MemoryReport(W1, 12, TimeSpan.FromSeconds(1), 5, 3, 8, Counts, 1_700_000_000_000, Places: 3, Uptime: TimeSpan.FromMinutes(5)), "M",
            "0A03772D31110807060504030201180C20E80728053003380840044880D095FFBC315009580360AC02"),
        new(new JobDone(Id, 2, Hello, Counts), "JD",
            "0A0B098877665544332211100910021A1308D61F120568656C6C6F1A077B224E223A317D20092804"),
        new(new JobFailed(Id, 1, JobFailureReason.Crash, "", "", Counts), "JF",
            "0A0B09887766554433221110091001180230093804"),
        new(new JobRejected(Id, 1, JobRejectReason.Draining, "", TimeSpan.Zero, Counts), "JR",
            "0A0B09887766554433221110091001180130093804"),
        new(new Assigned(7, [new AssignedWorker(W1, GatePath)], "round-robin"), "AD",
            "080712430A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F77" +
            "6F726B657223313233343536371A0B726F756E642D726F62696E"),
        new(new Assigned(7, [new AssignedWorker(W1, GatePath)], "round-robin", 300, 301), "AD",
            "080712430A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F77" +
            "6F726B657223313233343536371A0B726F756E642D726F62696E20AC0228AD02"),
        new(new Assigned(7, [.. Enumerable.Repeat(new AssignedWorker(W1, GatePath), 3)], "round-robin"), "AD",
            "080712430A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F77" +
            "6F726B657223313233343536371A0B726F756E642D726F62696E3203000000"),
        new(WhoDecides.Instance, "Q",
            ""),
        new(new Decides(300), "QD",
            "08AC02"),
        new(new AssignRejected(7, AssignRejectReason.NoMemoryReports, "no fresh report", TimeSpan.FromMilliseconds(250)), "AR",
            "080710021A0F6E6F206672657368207265706F727420FA01"),
        new(new MemoryReport(W1, 12, TimeSpan.FromSeconds(1), 500_000_000, 30_000_000, 8_000_000_000, new JobCounts(0, 5), 1_700_000_000_000), "M",
            "0A03772D31110807060504030201180C20E8072880CAB5EE01308087A70E3880A0D9E61D40054880D095FFBC31"),
        new(new WorkerUnreachable(W1, "connection lost"), "U",
            "0A03772D311108070605040302011A0F636F6E6E656374696F6E206C6F7374"),
        new(new Job(Id, 2, TimeSpan.FromMinutes(1), true, Hello), "J",
            "0A0B0988776655443322111009100218E0D40320012A1308D61F120568656C6C6F1A077B224E223A317D"),
        new(new JobDone(Id, 2, Hello), "JD",
            "0A0B098877665544332211100910021A1308D61F120568656C6C6F1A077B224E223A317D"),
        new(new JobFailed(Id, 1, JobFailureReason.Crash, "System.InvalidOperationException", "größer als 7"), "JF",
            "0A0B098877665544332211100910011802222053797374656D2E496E76616C69644F7065726174696F6E457863657074696F6E2A0E6772C3B6C3" +
            "9F657220616C732037"),
        new(new JobRejected(Id, 1, JobRejectReason.Draining), "JR",
            "0A0B098877665544332211100910011801"),
        new(new JobRejected(Id, 1, JobRejectReason.Unable, "no disk", TimeSpan.FromMilliseconds(250)), "JR",
            "0A0B09887766554433221110091001180422076E6F206469736B28FA01"),
        new(new Job(Id, 2, TimeSpan.FromMinutes(1), true, Hello, TimeSpan.FromMilliseconds(300)), "J",
            "0A0B0988776655443322111009100218E0D40320012A1308D61F120568656C6C6F1A077B224E223A317D30AC02"),
        new(new UpdateRegistration(77, Record with { State = WorkerState.Draining, Reason = "no disk" }), "RU",
            "094D00000000000000125A0A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A34303535" +
            "2F757365722F776F726B657223313233343536372002284030E8073A05302E312E3042076E6F206469736B"),
        new(new BalancerState("b-1", "pick-first", "", 1, 1, 0, [new MemberState(W1, WorkerState.Draining, false, null, "no disk")]), "BS",
            "0A03622D31120A7069636B2D6669727374200128013A190A03772D31110807060504030201180232076E6F206469736B"),
        new(new Register(Record, TimeSpan.FromSeconds(5)), "R",
            "0A510A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F776F72" +
            "6B657223313233343536372001284030E8073A05302E312E30108827"),
        new(new Register(Record, TimeSpan.FromSeconds(5), 77), "R",
            "0A510A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A343035352F757365722F776F72" +
            "6B657223313233343536372001284030E8073A05302E312E30108827194D00000000000000"),
        new(new RegisterRefused(0, "full"), "RR",
            "120466756C6C"),
        new(new Registered(77, TimeSpan.FromSeconds(5)), "RD",
            "094D00000000000000108827"),
        new(new RegisterRefused(0x0102030405060708), "RR",
            "090807060504030201"),
        new(new KeepAlive(77), "K",
            "094D00000000000000"),
        new(new KeptAlive(77, TimeSpan.Zero), "KD",
            "094D00000000000000"),
        new(new UpdateRegistration(77, Record with { State = WorkerState.Draining }), "RU",
            "094D0000000000000012510A03772D311108070605040302011A33616B6B612E7463703A2F2F416B6B614C624031302E302E302E373A34303535" +
            "2F757365722F776F726B657223313233343536372002284030E8073A05302E312E30"),
        new(new RegistrationUpdated(77, true), "RUD",
            "094D000000000000001001"),
        new(new Deregister(77), "D",
            "094D00000000000000"),
        new(new Deregistered(77), "DD",
            "094D00000000000000"),
        new(GetWatcherState.Instance, "GW",
            ""),
        new(new WatcherState("etcd", true, 4711, TimeSpan.FromMilliseconds(1200), 2, 3, "no answer", 17), "WS",
            "0A0465746364100118E72420B009280230033A096E6F20616E737765724011"),
        new(new WatcherState("embedded", false, 0, null, 0, 0, "", 0), "WS",
            "0A08656D626564646564"),
        new(new GetBalancerEvents(7, 100), "GE",
            "08071064"),
        new(new BalancerEvents(DateTimeOffset.FromUnixTimeMilliseconds(1_000), 9, [
                new BalancerEvent(8, DateTimeOffset.FromUnixTimeMilliseconds(2_000), NoteLevel.Info, "up"),
                new BalancerEvent(9, DateTimeOffset.FromUnixTimeMilliseconds(3_000), NoteLevel.Error, "down")]), "ES",
            "08E80710091A0B080810D00F1801220275701A0D080910B81718032204646F776E"),
        new(new BalancerEvents(DateTimeOffset.FromUnixTimeMilliseconds(0), 0, []), "ES",
            ""),
        new(new GetBalancerState(500, 100), "GB",
            "08F4031064"),
        new(new BalancerState("b-1", "least-load", "", 12, 3, 1, [
                new MemberState(W1, WorkerState.Up, true, 500_000_000),
                new MemberState(new WorkerKey("w-2", 2), WorkerState.Draining, false, null)]), "BS",
            "0A03622D31120A6C656173742D6C6F6164200C280330013A180A03772D31110807060504030201180120012880CAB5EE013A100A03772D321102" +
            "000000000000001802"),
        new(new BalancerState("b-1", "pick-first", "no worker is registered", 0, 0, 0, []), "BS",
            "0A03622D31120A7069636B2D66697273741A176E6F20776F726B65722069732072656769737465726564"),
    ];
}
