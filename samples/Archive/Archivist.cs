using Akka.Actor;
using AkkaLb.Worker;

namespace AkkaLb.Samples.Archive;

// <actor>
/// <summary>Sends files of a folder, however large they are.</summary>
public sealed class Archivist : ReceiveActor
{
    public Archivist(Shelf shelf) => Receive<Fetch>(m =>
    {
        try
        {
            Sender.Tell(ReplyStream.Of(File.OpenRead(Path.Combine(shelf.Folder, Path.GetFileName(m.File)))));
        }
        catch (IOException e)
        {
            Sender.Tell(new Status.Failure(e));
        }
    });
}
// </actor>

/// <summary>Where the files are.</summary>
public sealed record Shelf(string Folder);
