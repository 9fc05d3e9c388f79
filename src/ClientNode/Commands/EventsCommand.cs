using System.Globalization;
using System.Text.Json;
using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Core.Machines;
using AkkaLb.Programs;

namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>events</c>: what every balancer has told the operator lately.</summary>
internal static class EventsCommand
{
    /// <summary>Of those that are not there at the moment: one that comes back is not told from the beginning.</summary>
    private const int KnownMax = 1000;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <param name="isFollowing">It goes on until it is interrupted.</param>
    /// <returns>Exit code: <see cref="ExitCode.JobsFailed"/> when a balancer did not answer.</returns>
    public static async Task<int> RunAsync(ClientSession session, bool isFollowing, bool isJson)
    {
        var known = new Dictionary<Address, Known>();
        using var timer = new PeriodicTimer(Pause, TimeProvider.System);
        try
        {
            do
            {
                var isWhole = await TellAsync(session, known, isJson).ConfigureAwait(false);
                if (!isFollowing)
                {
                    return isWhole ? ExitCode.Ok : ExitCode.JobsFailed;
                }
            }
            while (await timer.WaitForNextTickAsync(session.Interrupted).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (session.Interrupted.IsCancellationRequested)
        {
            if (!isFollowing)
            {
                await Console.Error.WriteLineAsync("interrupted: nothing is told").ConfigureAwait(false);
                return ExitCode.Interrupted;
            }
        }

        return ExitCode.Ok;
    }

    /// <summary>One event, as text.</summary>
    internal static string Line(string balancer, BalancerEvent e) => $"{TimeOf(e)} {NameOf(e.Level)} {OneLine.Of(balancer)} {e.Text}";

    /// <summary>One event, as JSON.</summary>
    internal static string JsonLine(string balancer, BalancerEvent e) =>
        JsonSerializer.Serialize(new { at = TimeOf(e), level = NameOf(e.Level), balancer, e.Number, e.Text }, Json);

    /// <summary>Of several balancers, by their clocks; those of each balancer as it has told them.</summary>
    internal static IEnumerable<(string Balancer, BalancerEvent Event)> InOrder(IEnumerable<(string Balancer, BalancerEvent Event)> events) =>
        events.OrderBy(e => e.Event.At).ThenBy(e => e.Balancer, StringComparer.Ordinal).ThenBy(e => e.Event.Number);

    /// <returns>Whether every balancer has answered.</returns>
    private static async Task<bool> TellAsync(ClientSession session, Dictionary<Address, Known> known, bool isJson)
    {
        IReadOnlyCollection<Address> addresses;
        try
        {
            addresses = await BalancerReports.AddressesAsync(session).ConfigureAwait(false);
        }
        catch (ProgramException) when (known.Count > 0)
        {
            // Those that are known are followed while it is away.
            addresses = [.. known.Keys];
        }

        foreach (var gone in known.Keys.Except(addresses).Take(Math.Max(0, known.Count - KnownMax)).ToList())
        {
            known.Remove(gone);
        }

        var answers = await Task.WhenAll(addresses.Select(a => ReadAsync(session, a, known.GetValueOrDefault(a)))).ConfigureAwait(false);
        foreach (var (balancer, e) in InOrder(answers.SelectMany(answer => answer.Events.Select(e => (answer.Now.Id, e)))))
        {
            Console.Out.WriteLine(isJson ? JsonLine(balancer, e) : Line(balancer, e));
        }

        foreach (var (address, now, _) in answers)
        {
            if (now.IsSilent && known.GetValueOrDefault(address) is not { IsSilent: true })
            {
                await Console.Error.WriteLineAsync(BalancerReports.SilentText(address)).ConfigureAwait(false);
            }

            known[address] = now;
        }

        return !answers.Any(answer => answer.Now.IsSilent);
    }

    private static async Task<(Address Address, Known Now, IReadOnlyList<BalancerEvent> Events)> ReadAsync(
        ClientSession session, Address address, Known? known)
    {
        var now = known ?? new Known("", default, 0, IsSilent: false);
        var events = new List<BalancerEvent>();
        try
        {
            for (var hasMore = true; hasMore;)
            {
                var read = await session.Client.ReadEventsAsync(address, now.After, BalancerReports.AnswerWithin, session.Interrupted)
                    .ConfigureAwait(false);
                if (read.Begun != now.Begun)
                {
                    // Another life of it, whose numbers begin again, or the first that is known.
                    var id = await session.Client.IdOfAsync(address, BalancerReports.AnswerWithin, session.Interrupted).ConfigureAwait(false);
                    now = now with { Id = id, Begun = read.Begun, After = 0 };
                    continue;
                }

                events.AddRange(read.Events);
                now = now with { After = read.Events.Count > 0 ? read.Events[^1].Number : now.After };
                hasMore = read.Events.Count > 0 && now.After < read.Latest && events.Count < GetBalancerEvents.CountMax;
            }

            return (address, now with { IsSilent = false }, events);
        }
        catch (AskTimeoutException)
        {
            return (address, now with { IsSilent = true }, events);
        }
    }

    private static string TimeOf(BalancerEvent e) => e.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string NameOf(NoteLevel level) => level switch
    {
        NoteLevel.Info => "info",
        NoteLevel.Warning => "warning",
        NoteLevel.Error => "error",
    };

    /// <summary>A balancer as far as its events have been told.</summary>
    /// <param name="Begun">Of its journal.</param>
    /// <param name="After">Number of the newest event that was told.</param>
    /// <param name="IsSilent">It did not answer, and that was told.</param>
    private sealed record Known(string Id, DateTimeOffset Begun, long After, bool IsSilent);
}
