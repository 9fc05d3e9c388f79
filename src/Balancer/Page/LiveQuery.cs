using System.Globalization;
using AkkaLb.Core;
using Microsoft.AspNetCore.Http;

namespace AkkaLb.Balancer.Page;

/// <summary>By what the workers are in order.</summary>
internal enum SortKey
{
    /// <summary>The order in which they registered.</summary>
    Registered,
    Worker,
    State,
    InFlight,

    /// <summary>How long its answers take.</summary>
    Answers,

    /// <summary>The latest first.</summary>
    LastError,
    Memory,
    Assigned,
    Report,
    Zone,
    Address,
    Version,
}

/// <summary>What somebody who looks at the page wants to see.</summary>
/// <param name="Service">Whose workers.</param>
/// <param name="Words">Only workers in whose texts all of these are.</param>
/// <param name="From">The first row, from 0.</param>
/// <param name="Count">How many rows: 0 to <see cref="CountMax"/>.</param>
/// <param name="Begun">When the balancer's journal began that the reader knows; in milliseconds since 1970. 0: it knows none.</param>
/// <param name="After">Number of the newest event that the reader has.</param>
/// <param name="Since">Time of the newest sample that the reader has, in milliseconds since 1970.</param>
internal sealed record LiveQuery(
    string Service, SortKey Sort, bool IsDescending, IReadOnlyList<string> Words, int From, int Count, long Begun, long After, long Since)
{
    /// <summary>Rows at once: more than a screen shows.</summary>
    public const int CountMax = 100;

    private const int FilterLengthMax = 200;

    private static readonly long DateTimeMsMax = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>A reader that says nothing of itself.</summary>
    public static LiveQuery Default { get; } = new(WorkerService.Default, SortKey.Registered, false, [], 0, 50, 0, 0, 0);

    /// <summary>Reads the part of a URL behind its question mark.</summary>
    /// <param name="problem">What is wrong with it; null: nothing.</param>
    public static LiveQuery Read(IQueryCollection query, out string? problem)
    {
        var wrong = "";
        var service = query["service"].ToString() is { Length: > 0 } name ? name : WorkerService.Default;
        Check(WorkerService.IsValid(service), $"service: must be {WorkerService.Rule}");
        var (sort, sortName) = (SortKey.Registered, query["sort"].ToString());
        Check(
            sortName.Length == 0 || (Enum.TryParse(sortName, ignoreCase: true, out sort) && Enum.IsDefined(sort)),
            $"sort: must be one of {string.Join(", ", Enum.GetNames<SortKey>())}");
        var filter = query["filter"].ToString();
        Check(filter.Length <= FilterLengthMax, $"filter: must be at most {FilterLengthMax} characters");
        var read = new LiveQuery(
            service, sort, query["desc"] == "1", filter.Length > FilterLengthMax ? [] : filter.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            (int)Whole("from", 0, int.MaxValue), (int)Whole("count", Default.Count, CountMax), Whole("begun", 0, DateTimeMsMax),
            Whole("after", 0, long.MaxValue), Whole("since", 0, DateTimeMsMax));
        problem = wrong.Length == 0 ? null : wrong;
        return read;

        long Whole(string name, long absent, long max)
        {
            var text = query[name].ToString();
            var number = absent;
            Check(
                text.Length == 0 || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= max),
                $"{name}: must be a whole number from 0 to {max}");
            return number;
        }

        void Check(bool holds, string what) => wrong += holds ? "" : $"{what}\n";
    }
}
