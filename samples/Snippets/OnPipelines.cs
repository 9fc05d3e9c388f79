using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using AkkaLb.Transport.Pipelines;
using AkkaLb.Transport.Pipelines.Tls;

namespace Snippets;

/// <summary>The transport in code.</summary>
internal static class OnPipelines
{
    public static ActorSystem WithTls()
    {
        // <node-tls>
        var config = ConfigurationFactory.ParseString("""
            akka.actor.provider = remote
            akka.remote.dot-netty.tcp {
              transport-class = "AkkaLb.Transport.Pipelines.PipelinesTransport, AkkaLb.Transport.Pipelines"
              enable-ssl = on
              hostname = node-1.example, port = 4053
            }
            """);
        var tls = NodeTls.FromFiles(certificate: "node-1.crt", key: "node-1.key", authority: "ca.crt");
        tls.ThrowIfUnfit("node-1.example", DateTimeOffset.UtcNow);   // others would refuse it
        var system = ActorSystem.Create("App", ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(config), new NodeTlsSetup(tls)));
        // </node-tls>
        return system;
    }

    public static void Hear(ActorSystem system, IActorRef actor)
    {
        // <trouble>
        system.EventStream.Subscribe(actor, typeof(AssociationTrouble));   // Remote, and a Sentence that says why
        // </trouble>
    }
}
