using Akka.Actor;
using AkkaLb.Client;
using AkkaLb.Core;
using AkkaLb.Programs;
using AkkaLb.Registry;
using AkkaLb.Watching;

namespace AkkaLb.ClientNode.Commands;

/// <summary>What all balancers say of themselves, asked at the same time.</summary>
/// <param name="Silent">Those that did not answer within <see cref="AnswerWithin"/>.</param>
internal sealed record BalancerReports(List<BalancerReport> Answered, List<Address> Silent)
{
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    /// <summary>Puts the cursor of a terminal at its beginning and clears it.</summary>
    private const string Clear = "\u001b[H\u001b[2J";

    /// <summary>A worker as each balancer that knows it sees it.</summary>
    public IEnumerable<(BalancerReport Report, MemberState Member)> Of(string workerId) =>
        from report in Answered
        from member in report.Members
        where member.Worker.Id == workerId
        select (report, member);

    /// <summary>Whether one of those that answered knows who is registered: it decides, and has read its registry.</summary>
    public bool AnyKnowsWorkers => Answered.Exists(report => !report.StandsBy && report.Watcher.Revision > 0);

    /// <summary>The one whose view of the workers is shown where one is enough: that knows the most of them.</summary>
    public BalancerReport? Fullest => Answered.MaxBy(report => report.Members.Count());

    /// <inheritdoc cref="AddressesAsync"/>
    public static async Task<BalancerReports> ReadAsync(ClientSession session) =>
        await ReadAsync(session, await AddressesAsync(session).ConfigureAwait(false)).ConfigureAwait(false);

    /// <param name="addresses">Of the balancers.</param>
    /// <exception cref="OperationCanceledException">The session was interrupted.</exception>
    public static async Task<BalancerReports> ReadAsync(ClientSession session, IReadOnlyCollection<Address> addresses)
    {
        var answers = await Task.WhenAll(addresses.Select(a => AskAsync(session, a))).ConfigureAwait(false);
        return new BalancerReports(
            [.. answers.Where(a => a.Report is not null).Select(a => a.Report!)],
            [.. answers.Where(a => a.Report is null).Select(a => a.Address)]);
    }

    /// <summary>A line for somebody who waits for it.</summary>
    public static string SilentText(Address address) => $"balancer {address} did not answer within {AnswerWithin.TotalSeconds} s";

    /// <exception cref="OperationCanceledException">The session was interrupted.</exception>
    /// <exception cref="ProgramException">It is not known which balancers there are.</exception>
    public static async Task<IReadOnlyCollection<Address>> AddressesAsync(ClientSession session)
    {
        try
        {
            return await session.Balancers.ReadOnceAsync(session.Interrupted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RegistryUnavailableException or RegistryRefusedException)
        {
            throw new ProgramException(ExitCode.Unreachable, $"{e.Message}: check --etcd", e);
        }
    }

    /// <summary>Reads and tells them, once or again and again until it is interrupted.</summary>
    /// <param name="every">Between two times; null: once.</param>
    /// <param name="tell">To standard output.</param>
    /// <returns>Exit code: <see cref="ExitCode.JobsFailed"/> when a balancer did not answer.</returns>
    public static Task<int> TellAsync(ClientSession session, TimeSpan? every, Action<BalancerReports> tell) =>
        TellAsync(session, every, () => Task.CompletedTask, tell);

    /// <param name="alsoRead">What else is read each time.</param>
    /// <inheritdoc cref="TellAsync(ClientSession, TimeSpan?, Action{BalancerReports})"/>
    public static async Task<int> TellAsync(ClientSession session, TimeSpan? every, Func<Task> alsoRead, Action<BalancerReports> tell)
    {
        if (every is not { } pause)
        {
            return await TellOnceAsync(session, alsoRead, tell, before: "").ConfigureAwait(false);
        }

        var before = Console.IsOutputRedirected ? "" : Clear;
        using var timer = new PeriodicTimer(pause, TimeProvider.System);
        try
        {
            do
            {
                try
                {
                    await TellOnceAsync(session, alsoRead, tell, before).ConfigureAwait(false);
                }
                catch (ProgramException e) when (e.ExitCode == ExitCode.Unreachable)
                {
                    // It is watched until it is back.
                    await Console.Error.WriteLineAsync(OneLine.Of(e.Message)).ConfigureAwait(false);
                }
            }
            while (await timer.WaitForNextTickAsync(session.Interrupted).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
        }

        return ExitCode.Ok;
    }

    /// <summary>Says who did not answer.</summary>
    public async Task TellSilentAsync()
    {
        foreach (var address in Silent)
        {
            await Console.Error.WriteLineAsync(SilentText(address)).ConfigureAwait(false);
        }
    }

    private static async Task<int> TellOnceAsync(
        ClientSession session, Func<Task> alsoRead, Action<BalancerReports> tell, string before)
    {
        try
        {
            var reports = await ReadAsync(session).ConfigureAwait(false);
            await alsoRead().ConfigureAwait(false);
            Console.Out.Write(before);
            tell(reports);
            await reports.TellSilentAsync().ConfigureAwait(false);
            return reports.Silent.Count == 0 ? ExitCode.Ok : ExitCode.JobsFailed;
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("interrupted: nothing is told").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
    }

    private static async Task<(Address Address, BalancerReport? Report)> AskAsync(ClientSession session, Address address)
    {
        try
        {
            return (address, await session.Client.InspectAsync(address, AnswerWithin, session.Interrupted).ConfigureAwait(false));
        }
        catch (AskTimeoutException)
        {
            return (address, null);
        }
    }
}
