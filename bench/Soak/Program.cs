using System.Globalization;
using System.Runtime.InteropServices;
using AkkaLb.Bench.Soak;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// By itself the runtime ends at a signal without its exit handlers, which end processes and delete folders and networks.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Exit);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Exit);

return args switch
{
    [Driver.Verb, .. var rest] => await Driver.RunAsync(Arguments.Parse(rest)),
    [OddWorker.Verb, .. var rest] => await OddWorker.RunAsync(rest),
    ["silence", .. var rest] => await Scene.RunAsync(scene => Silence.RunAsync(scene, rest)),
    ["habits"] => await Scene.RunAsync(Habits.RunAsync),
    ["overload"] => await Scene.RunAsync(Overload.RunAsync),
    ["unable"] => await Scene.RunAsync(Unable.RunAsync),
    ["restarts"] => await Scene.RunAsync(Restarts.RunAsync),
    ["day", .. var rest] => await Day.RunAsync(rest),
    [Day.InsideVerb, var process, .. var rest] => await Day.RunInsideAsync(process, rest),
    ["rolling"] => await Scene.RunAsync(Rolling.RestartAsync),
    ["upgrade", .. var rest] => await Scene.RunAsync(scene => Rolling.UpgradeAsync(scene, rest)),
    ["authentication"] => await Scene.RunAsync(Authentication.RunAsync),
    _ => Usage(),
};

static void Exit(PosixSignalContext context)
{
    context.Cancel = true;
    Environment.Exit(context.Signal == PosixSignal.SIGINT ? 130 : 143);
}

static int Usage()
{
    Console.Error.WriteLine(
        """
        dotnet run -c Release --project bench/Soak -- SCENE

          silence [plain|tls] [independent|singleton] [SECONDS]
                           16 s, or so many, of a network cut, or of SIGSTOP, for each part in turn; needs root and iproute2; about 4 min each
          habits           10,000 jobs to actors of 19 bad habits, other clients beside them
          overload         callers 1.25, 2, 3 and 10 times the capacity, 60 s each, and how soon all is as before
          day MINUTES [SEED]
                           200 kills and 20 faults of etcd in an hour, under load; a ledger accounts for every job; ./test --soak MINUTES is this;
                           for root with iproute2 two of the workers have a network namespace that is cut off, too
          rolling          workers, balancers and three members of etcd are restarted in turn under load
          upgrade FOLDER   from the programs in FOLDER, which scripts/publish of an earlier version made, to these, and back, under load
          unable           workers that cannot work: blocked, not to be built, without their gate, with nobody who handles the message
          restarts         20 times a worker is killed and started again at the same port; fresh clients, jobs that may run once
          authentication   etcd's authentication on, off and on again under three workers and two balancers; uses the etcd on PATH

        Each prints what it measured and ends with 0 when what it promises was seen, else with 1.
        """);
    return 2;
}
