using System.Globalization;
using System.Text;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.DependencyInjection;
using Akka.Hosting;
using AkkaLb.Balancing;
using AkkaLb.Core;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Remoting;
using AkkaLb.Worker;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AkkaLb.Hosting;

/// <summary>Adds AkkaLb to an actor system of Akka.Hosting's, whatever its name. The system needs remoting or a cluster.</summary>
public static class AkkaLbHosting
{
    /// <summary>Jobs that block keep as many of these, and not those that renew the lease.</summary>
    private static readonly int ThreadsDefault = Math.Max(4, 2 * Environment.ProcessorCount);

    /// <summary>How long it takes to stop at most, beside draining.</summary>
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(15);

    /// <summary>Adds the serializers that AkkaLb needs: of its own messages, and of yours that travel as JSON. How all other messages travel does not
    /// change. To be called once; workers, clients and a balancer need it.</summary>
    /// <param name="builder">Of your actor system.</param>
    /// <param name="messages">Your types and their short names, the same at workers and clients; null: none, yours are bound to serializers
    /// otherwise.</param>
    /// <exception cref="InvalidOperationException">It was called before.</exception>
    public static AkkaConfigurationBuilder WithAkkaLb(this AkkaConfigurationBuilder builder, UserMessages? messages = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (builder.Setups.OfType<Added>().Any())
        {
            throw new InvalidOperationException(
                $"{nameof(WithAkkaLb)} was called twice: join the messages with {nameof(UserMessages)}.{nameof(UserMessages.And)}");
        }

        builder.AddSetup(new Added());
        builder.WithCustomSerializer("akkalb", [typeof(IAkkaLbMessage)], system => new AkkaLbSerializer(system));
        return messages is not null && messages.Types.Any()
            ? builder.WithCustomSerializer("akkalb-user-json", messages.Types, system => new UserJsonSerializer(system, messages))
            : builder;
    }

    /// <summary>Adds a balancer at <c>/user/balancer</c>; workers and clients of the same actor system find it by
    /// <see cref="FixedBalancers.Own"/>.</summary>
    /// <param name="policy">Of all services, one of <see cref="Core.Policies.Policy.Names"/>.</param>
    /// <exception cref="ArgumentException">There is no such policy.</exception>
    /// <inheritdoc cref="WithAkkaLbBalancer(AkkaConfigurationBuilder, EmbeddedBalancerOptions)"/>
    public static AkkaConfigurationBuilder WithAkkaLbBalancer(this AkkaConfigurationBuilder builder, string policy) =>
        builder.WithAkkaLbBalancer(EmbeddedBalancerOptions.With(policy));

    /// <summary>Adds a balancer at <c>/user/balancer</c>. It stops when the application does, behind the workers.</summary>
    /// <remarks>The application starts without waiting for it. One that cannot start, or ends by itself, is started again after a pause of up to 30
    /// s; the health check <c>akkalb-balancer</c>, with the tags <c>akkalb</c> and <c>ready</c>, says so.</remarks>
    /// <param name="builder">Of your actor system, which has <see cref="WithAkkaLb"/>.</param>
    /// <param name="options">How it balances.</param>
    public static AkkaConfigurationBuilder WithAkkaLbBalancer(this AkkaConfigurationBuilder builder, EmbeddedBalancerOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        return builder.WithPart(
            "balancer", CoordinatedShutdown.PhaseServiceStop, StopMax,
            (system, _) =>
            {
                HostSystem.ThrowIfUnfit(system, UserMessages.None, "a balancer");
                return async stopping =>
                {
                    var balancer = await EmbeddedBalancer.StartAsync(system, options, stopping).ConfigureAwait(false);
                    return new PartKeeper.Part(balancer, balancer.Ended, () => null);
                };
            });
    }

    /// <summary>Adds a worker whose actors are made with their constructor's dependencies from the service provider.</summary>
    /// <typeparam name="TActor">It gets a client's messages and replies to Sender, and knows nothing of AkkaLb.</typeparam>
    /// <inheritdoc cref="WithAkkaLbWorker(AkkaConfigurationBuilder, BalancedWorkerOptions, Func{ActorSystem, IDependencyResolver, Props}, int?)"/>
    public static AkkaConfigurationBuilder WithAkkaLbWorker<TActor>(
        this AkkaConfigurationBuilder builder, BalancedWorkerOptions options, int? threads = null)
        where TActor : ActorBase =>
        builder.WithAkkaLbWorker(options, static (_, resolver) => resolver.Props<TActor>(), threads);

    /// <summary>Adds a worker. Any number of them, of the same service or of several, live in one actor system. It drains when the application
    /// stops.</summary>
    /// <remarks>The application starts without waiting for it. One that cannot start, or ends by itself, is started again after a pause of up to 30
    /// s; the health check <c>akkalb-worker-ID</c>, with the tags <c>akkalb</c> and <c>ready</c>, says so. The phase of coordinated shutdown in which
    /// it drains gets the time that the options say, unless the configuration has given it more before this call.</remarks>
    /// <param name="builder">Of your actor system, which has <see cref="WithAkkaLb"/>.</param>
    /// <param name="options">What it is called, where its balancers are, and how much it does at once. Its gate is named after service and
    /// id.</param>
    /// <param name="props">Of the actor.</param>
    /// <param name="threads">So many threads of their own for its actors, so that jobs which block or compute cannot keep
    /// the lease from being renewed. More jobs than that run at once only where they await. Null: twice the number of processors, at least 4, or what
    /// <see cref="BalancedWorkerOptions.InstanceDispatcher"/> says. 0: none, they run where the props say, by default on Akka's default
    /// dispatcher.</param>
    /// <exception cref="ArgumentException">The options are unfit; all of it is named.</exception>
    public static AkkaConfigurationBuilder WithAkkaLbWorker(
        this AkkaConfigurationBuilder builder, BalancedWorkerOptions options, Func<ActorSystem, IDependencyResolver, Props> props,
        int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(props);
        // A service has no dot in its name, so that no two workers get the same.
        options = options with { GateName = $"{SerializedActorPath.Gate}-{options.Service}.{options.Id}" };
        options.ThrowIfUnfit();
        ArgumentOutOfRangeException.ThrowIfNegative(threads ?? 0, nameof(threads));
        if (threads is > 0 || (threads is null && options.InstanceDispatcher is null))
        {
            var count = threads ?? ThreadsDefault;
            options = options with
            {
                Gate = options.Gate with { Threads = count },
                InstanceDispatcher = $"akkalb-threads-of-{Convert.ToHexString(Encoding.UTF8.GetBytes(options.GateName))}",
            };
            builder.AddHocon(BalancedWorkerOptions.Dispatcher(options.InstanceDispatcher, count), HoconAddMode.Append);
        }

        return builder.WithPart(
            $"worker-{WorkerIds.Of(options.Service, options.Id)}", CoordinatedShutdown.PhaseServiceRequestsDone,
            options.DrainTimeout + options.RejectLinger + StopMax,
            (system, resolver) =>
            {
                HostSystem.ThrowIfUnfit(system, options.Messages, "a worker");
                var actor = props(system, resolver);
                return async stopping =>
                {
                    var worker = await BalancedWorker.StartAsync(system, actor, options, stopping).ConfigureAwait(false);
                    return new PartKeeper.Part(worker, worker.Ended, () => worker.Trouble);
                };
            });
    }

    /// <param name="stopMax">How long it may take to stop.</param>
    /// <param name="prepare">Throws when the system is unfit, which ends the application's start.</param>
    private static AkkaConfigurationBuilder WithPart(
        this AkkaConfigurationBuilder builder, string what, string phase, TimeSpan stopMax,
        Func<ActorSystem, IDependencyResolver, Func<CancellationToken, Task<PartKeeper.Part>>> prepare)
    {
        PartKeeper? keeper = null;
        return builder
            .WithPhaseOf(phase, stopMax)
            .WithActors((system, _, resolver) => keeper = PartKeeper.Start(system, what, phase, prepare(system, resolver)))
            .WithHealthCheck(
                $"akkalb-{what}",
                (_, _, _) => Task.FromResult(
                    keeper?.Check(HealthStatus.Unhealthy) ?? HealthCheckResult.Unhealthy($"{what}: the actor system has not started yet")),
                tags: ["akkalb", "ready"]);
    }

    /// <summary>Marks an actor system that has the serializers.</summary>
    private sealed class Added : Setup;

    /// <summary>A phase takes 5 s at most by Akka's defaults: too short to drain.</summary>
    private static AkkaConfigurationBuilder WithPhaseOf(this AkkaConfigurationBuilder builder, string phase, TimeSpan atLeast)
    {
        var path = $"akka.coordinated-shutdown.phases.{phase}.timeout";
        return builder.Configuration.HasValue && builder.Configuration.Value.GetTimeSpan(path, TimeSpan.Zero) >= atLeast
            ? builder
            : builder.AddHocon(
                ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $"{path} = {atLeast.TotalMilliseconds:0}ms")),
                HoconAddMode.Prepend);
    }
}
