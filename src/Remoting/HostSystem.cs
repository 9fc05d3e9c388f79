using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using AkkaLb.Core;
using AkkaLb.Endpoints;
using AkkaLb.Messages;

namespace AkkaLb.Remoting;

/// <summary>What AkkaLb needs of an actor system that is somebody else's.</summary>
public static class HostSystem
{
    /// <summary>Besides remoting: the serializer of AkkaLb's own messages. Put it above your own configuration; how your messages travel does not
    /// change.</summary>
    public static Config Needs { get; } = ConfigurationFactory.ParseString(
        """
        akka.actor {
          serializers.akkalb = "AkkaLb.Messages.AkkaLbSerializer, AkkaLb.Messages"
          serialization-bindings."AkkaLb.Core.IAkkaLbMessage, AkkaLb.Core" = akkalb
        }
        """);

    /// <param name="messages">The application's own types.</param>
    /// <param name="what">Is to live there.</param>
    /// <param name="more">What else is missing.</param>
    /// <exception cref="ArgumentException">The system lacks something; all of it is named.</exception>
    internal static void ThrowIfUnfit(ActorSystem system, UserMessages messages, string what, params IReadOnlyList<string> more)
    {
        var missing = new List<string>();
        if (((ExtendedActorSystem)system).Provider is not IRemoteActorRefProvider)
        {
            missing.Add("it has no remoting (akka.actor.provider is neither remote nor cluster)");
        }

        else if (((ExtendedActorSystem)system).Provider.DefaultAddress.Host is { } host && !HostName.CanBeDialledFromAnywhere(host))
        {
            missing.Add($"nobody elsewhere can reach it at {host} (give it another public-hostname)");
        }

        if (system.Serialization.FindSerializerForType(typeof(Job)) is not AkkaLbSerializer)
        {
            missing.Add($"AkkaLb's messages are not bound to their serializer (call WithAkkaLb of AkkaLb.Hosting, or put "
                + $"{nameof(HostSystem)}.{nameof(Needs)} above its configuration)");
        }

        if (messages.Types.Any(type => system.Serialization.FindSerializerForType(type) is not UserJsonSerializer))
        {
            missing.Add("the listed message types are not bound (give them to WithAkkaLb of AkkaLb.Hosting, or "
                + "create it with the setup that Messages.ToSetup() returns)");
        }

        missing.AddRange(more);
        if (missing.Count > 0)
        {
            throw new ArgumentException($"the actor system {system.Name} cannot carry {what}: {string.Join("; ", missing)}", nameof(system));
        }
    }
}
