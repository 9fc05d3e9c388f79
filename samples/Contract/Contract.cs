using AkkaLb.Messages;

namespace AkkaLb.Samples;

/// <summary>A short job.</summary>
public sealed record Greet(string Name);

public sealed record Greeting(string Text);

/// <summary>A long job: its frames are made one after another.</summary>
public sealed record Render(string Title, int Frames);

/// <summary>How far a <see cref="Render"/> is.</summary>
public sealed record Rendered(int Frames);

public sealed record Film(string Title, int Frames);

/// <summary>A job whose reply is a stream of bytes.</summary>
public sealed record Fetch(string File);

/// <summary>What workers and clients say to each other, by the same short names at both ends.</summary>
public static class Contract
{
    public static UserMessages Messages { get; } = new(
    [
        new("greet", typeof(Greet)), new("greeting", typeof(Greeting)),
        new("render", typeof(Render)), new("rendered", typeof(Rendered)), new("film", typeof(Film)),
        new("fetch", typeof(Fetch)),
    ]);
}
