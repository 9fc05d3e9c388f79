using System.Globalization;

namespace AkkaLb.Core;

/// <summary>What an operator wants of a worker, whatever it says of itself. The words are HAProxy's for servers.</summary>
public enum AdminState
{
    /// <summary>It gets jobs.</summary>
    Ready,

    /// <summary>It gets no new jobs, and finishes those that it has.</summary>
    Drain,

    /// <summary>The same, and it may be stopped, started and away: that is intended.</summary>
    Maintenance,
}

/// <summary>How the states are written, in the registry, on a command line and in JSON.</summary>
public static class AdminStates
{
    /// <summary>Such as <c>drain</c>.</summary>
    public static string NameOf(AdminState state) => state switch
    {
        AdminState.Ready => "ready",
        AdminState.Drain => "drain",
        AdminState.Maintenance => "maintenance",
    };

    /// <summary>The state of this name; null: there is none.</summary>
    public static AdminState? Of(string name)
    {
        foreach (var state in Enum.GetValues<AdminState>())
        {
            if (NameOf(state) == name)
            {
                return state;
            }
        }

        return null;
    }
}

/// <summary>What the registry holds by the name of one worker.</summary>
/// <param name="WorkerId">See <see cref="WorkerIds"/>.</param>
/// <param name="Wanted">Null: something stands there, and it cannot be read.</param>
public sealed record OverrideSight(string WorkerId, WorkerOverride? Wanted);

/// <summary>An operator's word on one worker. It stands in the registry by the worker's name until it is taken back: through restarts of the
/// worker, of balancers and of whoever gave it.</summary>
/// <param name="WorkerId">See <see cref="WorkerIds"/>.</param>
/// <param name="WeightPercent">Of the share that it would get: <see cref="WeightMin"/> to <see cref="WeightUsual"/>.</param>
/// <param name="By">Who gave it, for people to read; at most <see cref="ByLengthMax"/> characters.</param>
/// <param name="At">When, by the clock of whoever gave it.</param>
/// <param name="Because">Why, for people to read; at most <see cref="WorkerRecord.ReasonLengthMax"/> characters. Empty: it is not told.</param>
public sealed record WorkerOverride(
    string WorkerId, AdminState State, int WeightPercent, string By, DateTimeOffset At, string Because = "")
{
    public const int WeightMin = 1;
    public const int WeightUsual = 100;
    public const int ByLengthMax = 128;

    /// <summary>It changes nothing.</summary>
    public bool IsNone => State == AdminState.Ready && WeightPercent == WeightUsual;

    /// <summary>What it does to the worker, by whom, since when and why, in words that continue "it is"; only for one that is not
    /// <see cref="IsNone"/>.</summary>
    public string Describe()
    {
        var what = State switch
        {
            AdminState.Drain => "drained",
            AdminState.Maintenance => "put into maintenance",
            AdminState.Ready => string.Create(CultureInfo.InvariantCulture, $"limited to {WeightPercent} % of its share"),
        };
        var at = At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var because = Because.Length == 0 ? "" : $": {OneLine.Of(Because, WorkerRecord.ReasonLengthMax)}";
        var later = State != AdminState.Ready && WeightPercent != WeightUsual
            ? string.Create(CultureInfo.InvariantCulture, $"; it gets {WeightPercent} % of its share when it is ready") : "";
        return $"{what} by {OneLine.Of(By, ByLengthMax)} since {at}{because}{later}";
    }
}
