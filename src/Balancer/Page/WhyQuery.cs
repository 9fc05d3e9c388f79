using System.Globalization;
using AkkaLb.Client;
using AkkaLb.Core;
using Microsoft.AspNetCore.Http;

namespace AkkaLb.Balancer.Page;

/// <summary>What somebody wants to know of a balancer's decisions.</summary>
/// <param name="Id">Of a job, or of a request; null: the latest decisions, and what waits.</param>
/// <param name="Count">How many decisions at most: 1 to <see cref="GetDecisions.CountMax"/>.</param>
internal sealed record WhyQuery(JobId? Id, int Count)
{
    /// <summary>How many are told to somebody who names no number.</summary>
    private const int CountUsual = 20;

    /// <summary>As the balancer is asked.</summary>
    public GetDecisions Question => new(Id?.Client ?? 0, Id?.Sequence ?? 0, Count);

    /// <summary>Reads the part of a URL behind its question mark.</summary>
    /// <param name="problem">What is wrong with it; null: nothing.</param>
    public static WhyQuery Read(IQueryCollection query, out string? problem)
    {
        var (text, number) = (query["id"].ToString().Trim(), query["count"].ToString());
        var (id, count, wrong) = (default(JobId), CountUsual, "");
        if (query.ContainsKey("id") && !JobId.TryParse(text, out id))
        {
            wrong += $"id: {DecisionsJson.NoId(text)}\n";
        }

        if (number.Length > 0 && !(int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out count)
            && count is >= 1 and <= GetDecisions.CountMax))
        {
            wrong += $"count: must be a whole number from 1 to {GetDecisions.CountMax}\n";
        }

        problem = wrong.Length == 0 ? null : wrong;
        return new WhyQuery(query.ContainsKey("id") ? id : null, count);
    }
}
