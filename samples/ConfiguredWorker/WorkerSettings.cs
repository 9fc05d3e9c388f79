namespace AkkaLb.Samples.ConfiguredWorker;

/// <summary>What <c>appsettings.json</c> says of the worker, in the section <c>Worker</c>.</summary>
public sealed class WorkerSettings
{
    /// <summary>Its name; no two workers have the same.</summary>
    public string Id { get; set; } = "";

    /// <summary>The address at which clients and the balancer reach it.</summary>
    public string Host { get; set; } = "";

    /// <summary><c>host:port</c>.</summary>
    public string Balancer { get; set; } = "";

    /// <summary>How many jobs it does at once: 1 or more.</summary>
    public int Places { get; set; } = 64;
}
