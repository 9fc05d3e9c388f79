using Akka.Actor;
using AkkaLb.Worker;
using Microsoft.Extensions.Logging;

namespace AkkaLb.Samples.ConfiguredWorker;

/// <summary>Gets its constructor's dependencies from the service provider.</summary>
// <actor>
public sealed class Renderer : ReceiveActor
{
    public Renderer(Camera camera, ILogger<Renderer> log) => ReceiveAsync<Render>(async m =>
    {
        var job = JobContext.Of(Sender);                       // null where no gate has sent the message: in your own unit test, say
        var stop = job?.CancellationToken ?? default;
        log.LogInformation("{Title} begins", m.Title);
        try
        {
            camera.Load(m.Frames);
            for (var frame = 1; frame <= m.Frames; frame++)
            {
                await camera.ShootAsync(stop);
                job?.Report(new Rendered(frame));              // to JobOptions.Progress of the client
            }

            Sender.Tell(new Film(m.Title, m.Frames));
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            log.LogInformation("{Title} is cancelled", m.Title);
            Sender.Tell(new Status.Failure(e));                // it has ended, and its place is free
        }
        catch (InvalidOperationException e)
        {
            Sender.Tell(new Status.Failure(e));                // the camera cannot do this job; thrown on, it would restart the actor
        }
    });
}
// </actor>
