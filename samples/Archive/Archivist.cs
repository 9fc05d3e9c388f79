using Akka.Actor;
using AkkaLb.Worker;

namespace AkkaLb.Samples.Archive;

// <actor>
/// <summary>Sends files of a folder, however large they are.</summary>
public sealed class Archivist : ReceiveActor
{
    // A stream is read on shared threads.
    private static readonly FileStreamOptions Reading = new() { Options = FileOptions.Asynchronous | FileOptions.SequentialScan };

    public Archivist(Shelf shelf) => Receive<Fetch>(m =>
    {
        try
        {
            var name = Path.GetFileName(m.File);   // nothing outside of the folder
            ArgumentException.ThrowIfNullOrEmpty(name);
            Sender.Tell(ReplyStream.Of(new FileStream(Path.Combine(shelf.Folder, name), Reading)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Sender.Tell(new Status.Failure(e));
        }
    });
}
// </actor>

/// <summary>Where the files are.</summary>
public sealed record Shelf(string Folder);
