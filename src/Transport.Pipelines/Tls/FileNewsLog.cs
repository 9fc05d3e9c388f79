using Akka.Event;
using AkkaLb.Endpoints;

namespace AkkaLb.Transport.Pipelines.Tls;

/// <summary>Renewed certificates are information, unusable ones a warning.</summary>
internal static class FileNewsLog
{
    public static void Tell(this ILoggingAdapter log, FileNews news)
    {
        if (news.IsTrouble)
        {
            log.Warning("{0}", news.Sentence);
        }
        else
        {
            log.Info("{0}", news.Sentence);
        }
    }
}
