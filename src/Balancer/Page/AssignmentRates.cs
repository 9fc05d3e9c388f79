using AkkaLb.Client;
using AkkaLb.Core;

namespace AkkaLb.Balancer.Page;

/// <summary>How many assignments a second a balancer makes, from what its workers' counters say at two moments. Not thread-safe.</summary>
/// <remarks>A worker that is new counts from zero; what one got that has left since is not known any more.</remarks>
internal sealed class AssignmentRates
{
    private Dictionary<(string Service, WorkerKey Worker), long> _counts = [];
    private TimeSpan? _at;

    /// <summary>Takes the counters.</summary>
    /// <param name="now">Monotonic.</param>
    /// <returns>Assignments a second since the last time, by service; zero for each at the first time.</returns>
    public IReadOnlyDictionary<string, double> Update(BalancerReport report, TimeSpan now)
    {
        var (counts, rates) = (new Dictionary<(string, WorkerKey), long>(_counts.Count), new Dictionary<string, double>(StringComparer.Ordinal));
        foreach (var (service, state) in report.AllServices)
        {
            var made = 0L;
            foreach (var member in state.Members)
            {
                if (member.Details is { } details)
                {
                    counts[(service, member.Worker)] = details.Assignments;
                    made += Math.Max(0, details.Assignments - _counts.GetValueOrDefault((service, member.Worker)));
                }
            }

            rates[service] = _at is { } at && now > at ? made / (now - at).TotalSeconds : 0;
        }

        (_counts, _at) = (counts, now);
        return rates;
    }
}
