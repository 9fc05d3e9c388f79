using System.Net.Sockets;

namespace AkkaLb.Remoting;

/// <summary>Why an actor system could not listen where it should.</summary>
internal static class ListenFailure
{
    /// <param name="problem">What making the actor system has thrown.</param>
    /// <returns>Null: that is not what went wrong.</returns>
    public static SocketException? In(Exception problem) => problem switch
    {
        SocketException socket => socket,
        AggregateException many => many.InnerExceptions.Select(In).FirstOrDefault(found => found is not null),
        { InnerException: { } inner } => In(inner),
        _ => null,
    };
}
