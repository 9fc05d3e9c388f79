using Akka.Event;

namespace AkkaLb.Messages;

/// <summary>Stands where Akka's first and last logger stood, which writes to standard output whatever its level: that is for scripts.</summary>
public sealed class SilentLogger : MinimalLogger
{
    protected override void Log(object message) { }
}
