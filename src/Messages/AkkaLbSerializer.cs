using Akka.Actor;

namespace AkkaLb.Messages;

/// <summary>Writes and reads AkkaLb's own messages as protobuf, by the rows of <see cref="WireTable"/>.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class AkkaLbSerializer(ExtendedActorSystem system) : WireSerializer(system, WireTable.Rows(new WireCache()))
{
    public override int Identifier => 4053;
}
