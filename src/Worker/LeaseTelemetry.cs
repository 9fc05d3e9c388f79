using System.Diagnostics.Metrics;
using AkkaLb.Core;
using AkkaLb.Core.Registration;
using AkkaLb.Messages;

namespace AkkaLb.Worker;

/// <summary>What a registration measures. Thread-safe.</summary>
/// <param name="service">Of the worker.</param>
/// <param name="failed">Told what listeners have thrown.</param>
internal sealed class LeaseTelemetry(string service, Action<Exception> failed)
{
    private static readonly Counter<long> Renewals = GateTelemetry.Instruments.Counter(
        "akkalb.lease.renewals", "{renewal}", "Tries to renew a lease that have ended.");

    /// <summary>A try to renew the lease has ended.</summary>
    /// <param name="how">A <see cref="KeepAliveOutcome"/>, <see cref="RegistrationInput.KeepAliveFailed"/> or
    /// <see cref="RegistrationInput.Refused"/>.</param>
    /// <returns>The same.</returns>
    public object Renewed(object how)
    {
        if (Renewals.Enabled)
        {
            var error = how switch
            {
                KeepAliveOutcome.Kept => null,
                KeepAliveOutcome.LeaseLost => "LeaseLost",
                RegistrationInput.Refused => "Refused",
                _ => "Failed",
            };
            JobTelemetry.Apart(() => JobTelemetry.Add(Renewals, 1, service, error), failed);
        }

        return how;
    }
}
