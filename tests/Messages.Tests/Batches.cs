using Akka.Actor;
using AkkaLb.Core;

namespace AkkaLb.Messages.Tests;

internal static class Batches
{
    public static WireSerializer SerializerIn(ActorSystem system) => (WireSerializer)system.Serialization.FindSerializerForType(typeof(Batch));

    public static Batch Of(ActorSystem system, params IAkkaLbMessage[] messages) =>
        new([.. messages.Select(m => SerializerIn(system).TryPack(m)!.Value)]);
}
