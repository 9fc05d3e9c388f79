using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting.Logging;
using AkkaLb.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AkkaLb.Hosting;

/// <summary>Adds a <see cref="BalancedClient"/> to an application, with or without an actor system of its own.</summary>
public static class AkkaLbClientHosting
{
    private const string Section = "AkkaLb:Client";

    /// <summary>Adds a client as a singleton <see cref="BalancedClient"/>.</summary>
    /// <remarks>It lives in the application's actor system, when it has one from Akka.Hosting, and else in one of its own that logs to the
    /// application's <see cref="ILogger"/>s. The application starts without waiting for a balancer: jobs wait for one until their deadline, and a
    /// health check with the tags <c>akkalb</c> and <c>ready</c> says when there is none.</remarks>
    /// <param name="builder">Of the application.</param>
    /// <param name="connectionName">Name of the connection string, and of the section below <c>AkkaLb:Client</c>.</param>
    /// <param name="configureSettings">Called last, over what the configuration says.</param>
    /// <exception cref="InvalidOperationException">A setting is missing or unfit, with its path in the configuration; or there is a client without a
    /// key already.</exception>
    public static IHostApplicationBuilder AddAkkaLbClient(
        this IHostApplicationBuilder builder, string connectionName, Action<AkkaLbClientSettings>? configureSettings = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = Read(builder, connectionName, configureSettings, out var settings);
        if (builder.Services.Any(service => service.ServiceType == typeof(BalancedClient) && !service.IsKeyedService))
        {
            throw new InvalidOperationException(
                $"a second client, \"{connectionName}\", has no name: add it with {nameof(AddKeyedAkkaLbClient)}");
        }

        builder.Services.AddSingleton(services => Create(services, options));
        AddCheck(builder, "akkalb-client", settings, static services => services.GetRequiredService<BalancedClient>());
        return builder;
    }

    /// <summary>Adds a client as a singleton <see cref="BalancedClient"/> with a key, beside others: <c>[FromKeyedServices(NAME)]</c>.</summary>
    /// <param name="name">Key, name of the connection string, and of the section below <c>AkkaLb:Client</c>.</param>
    /// <inheritdoc cref="AddAkkaLbClient"/>
    public static IHostApplicationBuilder AddKeyedAkkaLbClient(
        this IHostApplicationBuilder builder, string name, Action<AkkaLbClientSettings>? configureSettings = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = Read(builder, name, configureSettings, out var settings);
        builder.Services.AddKeyedSingleton(name, (services, _) => Create(services, options));
        AddCheck(builder, $"akkalb-client-{name}", settings, services => services.GetRequiredKeyedService<BalancedClient>(name));
        return builder;
    }

    private static BalancedClientOptions Read(
        IHostApplicationBuilder builder, string name, Action<AkkaLbClientSettings>? configureSettings, out AkkaLbClientSettings settings)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        settings = new AkkaLbClientSettings();
        var section = $"{Section}:{name}";
        builder.Configuration.GetSection(Section).Bind(settings);
        builder.Configuration.GetSection(section).Bind(settings);
        if (builder.Configuration.GetConnectionString(name) is { } connection)
        {
            settings.ConnectionString = connection;
        }

        configureSettings?.Invoke(settings);
        return settings.ToOptions(section, name);
    }

    private static BalancedClient Create(IServiceProvider services, BalancedClientOptions options) =>
        services.GetService<ActorSystem>() is { } system
            ? BalancedClient.On(system, options)
            : BalancedClient.Create(options with { Log = LogTo(services.GetRequiredService<ILoggerFactory>()) });

    private static (Config Config, LoggerFactorySetup Setup) LogTo(ILoggerFactory loggers) => (
        ConfigurationFactory.ParseString($"akka {{ loglevel = INFO, loggers = [\"{typeof(LoggerFactoryLogger).AssemblyQualifiedName}\"] }}"),
        new LoggerFactorySetup(loggers));

    private static void AddCheck(
        IHostApplicationBuilder builder, string name, AkkaLbClientSettings settings, Func<IServiceProvider, BalancedClient> client)
    {
        if (!settings.DisableHealthChecks)
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                name, services => new ClientHealthCheck(() => client(services)), failureStatus: null, tags: ["akkalb", "ready"]));
        }
    }
}
