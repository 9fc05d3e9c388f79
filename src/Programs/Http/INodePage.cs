using Microsoft.AspNetCore.Http;

namespace AkkaLb.Programs.Http;

/// <summary>What a program answers by HTTP besides what each one does.</summary>
public interface INodePage
{
    /// <summary>Its paths for people to read, a line each, with a line break at the end.</summary>
    string Paths { get; }

    /// <summary>Answers a GET or a HEAD.</summary>
    /// <param name="ending">Signalled when the program stops: an answer that lasts is to end then.</param>
    /// <returns>Whether it is one of its paths.</returns>
    Task<bool> TryAnswerAsync(HttpContext context, CancellationToken ending);

    /// <summary>Answers a POST of somebody who may change something.</summary>
    /// <param name="from">The address of whoever asks.</param>
    Task ChangeAsync(HttpContext context, string from);
}
