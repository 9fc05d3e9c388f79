namespace AkkaLb.Core;

/// <summary>Parts of a worker's serialized actor path, <c>akka.tcp://AkkaLb@host:port/user/worker#1234</c>. A text that is no such path is its own
/// part.</summary>
internal static class GatePath
{
    /// <summary>Its actor system, as connection events spell it: <c>akka.tcp://AkkaLb@host:port</c>.</summary>
    public static string SystemIn(string path)
    {
        var system = path.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = system < 3 ? -1 : path.IndexOf('/', system);
        return end < 0 ? path : path[..end];
    }

    /// <summary><c>host:port</c>, in one line for people of at most <see cref="WorkerRecord.ReasonLengthMax"/> characters.</summary>
    public static string HostAndPortIn(string path)
    {
        var from = path.IndexOf('@', StringComparison.Ordinal) + 1;
        var to = path.IndexOf('/', from);
        return OneLine.Of(from > 0 && to > from ? path[from..to] : path, WorkerRecord.ReasonLengthMax);
    }
}
