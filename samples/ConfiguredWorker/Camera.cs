using Microsoft.Extensions.Options;

namespace AkkaLb.Samples.ConfiguredWorker;

/// <summary>What <c>appsettings.json</c> says of the camera, in the section <c>Camera</c>.</summary>
public sealed class CameraSettings
{
    /// <summary>What one frame takes.</summary>
    public TimeSpan FrameTime { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How many frames it has film for: 1 or more.</summary>
    public int FramesMax { get; set; } = 10_000;
}

/// <summary>A dependency of the actor's, which has options itself. Thread-safe, as all instances of the actor share it.</summary>
public sealed class Camera(IOptions<CameraSettings> settings)
{
    /// <exception cref="InvalidOperationException">It has not film enough.</exception>
    public void Load(int frames)
    {
        if (frames > settings.Value.FramesMax)
        {
            throw new InvalidOperationException($"{frames} frames are more than the {settings.Value.FramesMax} that the camera has film for");
        }
    }

    /// <summary>Makes one frame.</summary>
    public Task ShootAsync(CancellationToken cancellationToken) => Task.Delay(settings.Value.FrameTime, cancellationToken);
}
