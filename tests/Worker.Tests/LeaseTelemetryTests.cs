using System.Diagnostics.Metrics;
using AkkaLb.Core;
using AkkaLb.Core.Registration;

namespace AkkaLb.Worker.Tests;

/// <summary>What is measured of a worker's lease.</summary>
public sealed class LeaseTelemetryTests : IDisposable
{
    private readonly string _service = $"lease-{Guid.CreateVersion7():N}"[..30];
    private readonly List<string?> _errors = [];
    private readonly List<Exception> _thrown = [];
    private readonly MeterListener _listener = new();
    private Exception? _throws;

    public LeaseTelemetryTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "akkalb.lease.renewals")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            var all = tags.ToArray().ToDictionary();
            if (all["akkalb.service"] as string == _service)
            {
                Assert.Equal(1, count);
                _errors.Add(all.GetValueOrDefault("error.type") as string);
                if (_throws is not null)
                {
                    throw _throws;
                }
            }
        });
        _listener.Start();
    }

    [Fact]
    public void Each_try_to_renew_is_counted_with_what_came_of_it()
    {
        var telemetry = new LeaseTelemetry(_service, _thrown.Add);
        object[] outcomes =
        [
            new KeepAliveOutcome.Kept(TimeSpan.FromSeconds(5)), new KeepAliveOutcome.LeaseLost(), new RegistrationInput.KeepAliveFailed("away"),
            new RegistrationInput.Refused("no role"),
        ];

        Assert.All(outcomes, outcome => Assert.Same(outcome, telemetry.Renewed(outcome)));

        Assert.Equal([null, "LeaseLost", "Failed", "Refused"], _errors);
        Assert.Empty(_thrown);
    }

    [Fact]
    public void What_a_listener_throws_is_told_and_the_outcome_stays()
    {
        _throws = new InvalidOperationException("a listener");
        var outcome = new KeepAliveOutcome.Kept(TimeSpan.FromSeconds(5));

        Assert.Same(outcome, new LeaseTelemetry(_service, _thrown.Add).Renewed(outcome));

        Assert.Equal([_throws], _thrown);
    }

    public void Dispose() => _listener.Dispose();
}
