using System.Net;
using System.Text.Json;

namespace AkkaLb.Discovery.Etcd;

/// <summary>Answers <c>GET /cluster-client/receptionist</c> with the path of a cluster client receptionist, for clients that find their contacts
/// by discovery.</summary>
/// <remarks>
/// Akka's cluster client does not dial what discovery names: it asks there, by HTTP, where the receptionist is. Akka.Management answers that;
/// where it is not used, this does. Register its host and port as the service that <c>akka.cluster.client.discovery.service-name</c> names. It
/// answers nothing else, and says nothing but the path.
/// </remarks>
public sealed class ReceptionistContactPoint : IAsyncDisposable
{
    private const string Resource = "/cluster-client/receptionist";

    private readonly HttpListener _listener = new();
    private readonly byte[] _answer;
    private readonly Task _serving;

    /// <summary>Begins to listen.</summary>
    /// <param name="host">Address or name to listen on, and to be asked by: requests under another name are refused. <c>+</c> for any.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="receptionistPath">With address: <c>akka.tcp://System@host:port/system/receptionist</c>.</param>
    /// <exception cref="HttpListenerException">The port cannot be listened on.</exception>
    public ReceptionistContactPoint(string host, int port, string receptionistPath)
    {
        _answer = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["ReceptionistPath"] = receptionistPath });
        _listener.Prefixes.Add(FormattableString.Invariant($"http://{host}:{port}/"));
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving.ConfigureAwait(false);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                Answer(await _listener.GetContextAsync().ConfigureAwait(false));
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // The asker is gone, or we are.
                if (!_listener.IsListening)
                {
                    return;
                }
            }
        }
    }

    private void Answer(HttpListenerContext context)
    {
        using var response = context.Response;
        if (context.Request.HttpMethod != "GET" || context.Request.Url?.AbsolutePath != Resource)
        {
            response.StatusCode = (int)HttpStatusCode.NotFound;
            return;
        }

        response.ContentType = "application/json";
        response.ContentLength64 = _answer.Length;
        response.OutputStream.Write(_answer);
    }
}
