using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;
using Akka.Remote.Transport;
using AkkaLb.Tests.Support.Certificates;
using Google.Protobuf;

namespace AkkaLb.Transport.Pipelines.Tests.Tls;

/// <summary>The transport with TLS by the names of the standard transport's settings, and whoever does not keep to it.</summary>
public sealed class TlsTransportTests : IAsyncLifetime
{
    private const string Password = "a word, and # another";

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-tls-").FullName;
    private readonly Transports _transports = new();
    private readonly TestAuthority _authority;
    private readonly TestCertificate _certificate;
    private readonly string _pfx;

    public TlsTransportTests()
    {
        _authority = new TestAuthority(_folder, "ca");
        _certificate = _authority.Issue("node");
        _pfx = Path.Combine(_folder, "node.pfx");
        File.WriteAllBytes(_pfx, _certificate.Certificate.Export(X509ContentType.Pkcs12, Password));
    }

    /// <summary>The standard names: a PKCS#12 file, and whoever dials is believed whatever he shows.</summary>
    private string Standard => StandardFor(_pfx, Password);

    /// <summary>The files of this transport: whoever has a certificate of the CA is believed.</summary>
    private string Mutual =>
        $"""
        enable-ssl = on
        ssl.certificate.path = "{_certificate.CertificateFile}"
        ssl.certificate.key = "{_certificate.KeyFile}"
        ssl.authority = "{_authority.CertificateFile}"

        """;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _transports.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task What_is_written_with_TLS_comes_whole_and_in_order_both_ways()
    {
        const int frames = 3000;
        var (near, far) = (await _transports.ListenAsync(Mutual), await _transports.ListenAsync(Mutual));
        var (a, b) = (await near.DialAsync(far.Address), await far.NextAsync());
        Assert.Equal("ssl.tcp", far.Address.Protocol);
        var (heardByA, heardByB) = (new Recorder(), new Recorder());
        a.ReadHandlerSource.SetResult(heardByA);
        b.ReadHandlerSource.SetResult(heardByB);
        var random = new Random(4);
        var sent = Enumerable.Range(0, frames).Select(i => new byte[i % 200 == 0 ? random.Next(4, 128_001) : random.Next(4, 300)]).ToArray();
        Array.ForEach(sent, random.NextBytes);

        await Task.WhenAll(Task.Run(() => SendAsync(a)), Task.Run(() => SendAsync(b)), TakeAsync(heardByA), TakeAsync(heardByB));

        async Task SendAsync(Connection by)
        {
            foreach (var payload in sent)
            {
                var content = ByteString.CopyFrom(payload);
                await Transports.UntilAsync(() => by.Write(content), "there is room to write");
            }
        }

        async Task TakeAsync(Recorder recorder)
        {
            foreach (var payload in sent)
            {
                Assert.Equal(payload, await recorder.PayloadAsync());
            }
        }
    }

    [FactWithIPv6]
    public async Task Certificate_that_names_an_address_of_IPv6_is_believed_there()
    {
        var certificate = _authority.Issue("v6", new() { Hosts = ["::1"] });
        var settings = $"{Mutual}hostname = \"::1\"\nssl.certificate.path = \"{certificate.CertificateFile}\"\n"
            + $"ssl.certificate.key = \"{certificate.KeyFile}\"";
        var (near, far) = (await _transports.ListenAsync(settings), await _transports.ListenAsync(settings));
        var recorder = new Recorder();

        var connection = await near.DialAsync(far.Address);
        (await far.NextAsync()).ReadHandlerSource.SetResult(recorder);

        Assert.True(connection.Write(ByteString.CopyFrom(1)));
        Assert.Equal([1], await recorder.PayloadAsync());
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Peer_of_either_version_of_TLS_is_spoken_with_and_reads_everything_before_an_orderly_end(SslProtocols version)
    {
        var node = await _transports.ListenAsync(Mutual);
        using var peer = await RawPeer.ConnectAsync(node.Port);
        await using var tls = await SecureAsync(peer, version);
        var connection = await node.NextAsync();
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        Assert.Equal(version, tls.SslProtocol);

        await tls.WriteAsync(RawPeer.Frame(1, 2));
        Assert.Equal([1, 2], await recorder.PayloadAsync());
        var payload = new byte[100_000];
        for (var i = 0; i < 8; i++)
        {
            Assert.True(connection.Write(ByteString.CopyFrom(payload)));
        }

        connection.Close();
        await tls.WriteAsync(RawPeer.Frame(new byte[50_000]));

        // With TLS's own word for the end: without it the stream would throw.
        Assert.Equal(8 * (Frames.HeaderBytes + payload.Length), await ToEndAsync(tls));
        peer.Dispose();
        Assert.Empty((await recorder.UntilEndAsync()).Payloads);
        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Equal(1, recorder.Ends);
    }

    [Fact]
    public Task Whoever_disassociates_loses_nothing_of_what_he_wrote_and_hears_nothing_twice() => EndingTests.EndAmidTrafficAsync(100, async () =>
    {
        var (near, far) = await RawPeer.PairAsync();
        var server = new SslStream(new NetworkStream(near, ownsSocket: true));
        var admitting = server.AuthenticateAsServerAsync(_certificate.Certificate);
        var client = await SecureAsync(far, SslProtocols.None);
        await admitting.WaitAsync(Transports.Bound);
        return (EndingTests.Connect(near, EndingTests.Limits, stream: server), EndingTests.Connect(far.Socket, EndingTests.Limits, stream: client));
    });

    [Theory]
    [InlineData("says so and closes")]
    [InlineData("says so and leaves the connection open")]
    [InlineData("closes without a word")]
    [InlineData("resets")]
    [InlineData("sends what is no TLS")]
    public async Task Listener_hears_once_that_it_is_over_however_a_TLS_peer_ends_it(string way)
    {
        var node = await _transports.ListenAsync(Mutual);
        using var peer = await RawPeer.ConnectAsync(node.Port);
        // Nothing unread: in TLS 1.3 there may be tickets, and who closes with those resets.
        await using var tls = await SecureAsync(peer, SslProtocols.Tls12);
        var connection = await node.NextAsync();
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);
        await tls.WriteAsync(RawPeer.Frame(1));
        Assert.Equal([1], await recorder.PayloadAsync());

        switch (way)
        {
            case "says so and closes":
                await tls.ShutdownAsync();
                peer.Dispose();
                break;
            case "says so and leaves the connection open":
                await tls.ShutdownAsync();
                break;
            case "closes without a word":
                peer.Dispose();
                break;
            case "resets":
                peer.Reset();
                break;
            default:
                await peer.SendAsync("this is no record of TLS, and long enough to be one"u8.ToArray());
                break;
        }

        var (payloads, info) = await recorder.UntilEndAsync();
        Assert.Empty(payloads);
        Assert.Equal(way == "resets" ? DisassociateInfo.Shutdown : DisassociateInfo.Unknown, info);
        await connection.Ended.WaitAsync(Transports.Bound);
        Assert.Equal(1, recorder.Ends);
        Assert.False(connection.Write(ByteString.CopyFrom(1)));
    }

    /// <summary>Whatever TLS makes of it: nothing but one connection ends, and its end is no failure.</summary>
    [Fact]
    public async Task Peers_who_spoil_their_TLS_after_the_handshake_end_their_own_connection()
    {
        var node = await _transports.ListenAsync(Mutual);
        node.Echo();
        using var good = await RawPeer.ConnectAsync(node.Port);
        await using var goodTls = await SecureAsync(good, SslProtocols.None);
        await node.NextAsync();
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            using var peer = await RawPeer.ConnectAsync(node.Port);
            await using var tls = await SecureAsync(peer, seed % 2 == 0 ? SslProtocols.Tls12 : SslProtocols.Tls13);
            var connection = await node.NextAsync();
            var bytes = new byte[random.Next(1, 200)];
            random.NextBytes(bytes);
            // Records of all kinds: of alerts, of the handshake, of data.
            if (bytes.Length > 5 && random.Next(4) != 0)
            {
                (bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]) = ((byte)random.Next(20, 25), 3, 3, 0, (byte)random.Next(bytes.Length));
            }

            try
            {
                if (random.Next(2) == 0)
                {
                    await tls.WriteAsync(RawPeer.Frame(1));
                    connection.Write(ByteString.CopyFrom(1));
                }

                await peer.SendAsync(bytes);
                if (random.Next(2) == 0)
                {
                    peer.HalfClose();
                }
                else
                {
                    peer.Dispose();
                }

                await connection.Ended.WaitAsync(Transports.Bound);
            }
            catch (SocketException)
            {
                // It was ended while the peer was sending.
                await connection.Ended.WaitAsync(Transports.Bound);
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }

        await AnswersAsync(goodTls);
        await Transports.UntilAsync(() => node.Transport.Connections.Count == 1, "only the good connection is left");
    }

    [Fact]
    public async Task Strangers_who_spoil_the_handshake_leave_nothing_behind()
    {
        var node = await _transports.ListenAsync(Mutual);
        node.Echo();
        var lines = _transports.Warnings();
        var hello = await HelloAsync();
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var bytes = hello.AsSpan(0, random.Next(4) == 0 ? random.Next(1, hello.Length) : hello.Length).ToArray();
            for (var mutations = random.Next(1, 4); mutations > 0; mutations--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            // Or else it speaks no TLS, which is another test.
            bytes[0] = 22;
            using var stranger = await RawPeer.ConnectAsync(node.Port);
            try
            {
                await stranger.SendAsync(bytes);
                stranger.HalfClose();
                await stranger.UntilGoneAsync();
            }
            catch (Exception e) when (e is not SocketException)
            {
                Assert.Fail($"seed {seed}: {e}");
            }
        }

        using var good = await RawPeer.ConnectAsync(node.Port);
        await using var tls = await SecureAsync(good, SslProtocols.None);
        await AnswersAsync(tls);
        Assert.Single(node.Transport.Connections);
        var told = await _transports.RestAsync(lines);
        Assert.InRange(told.Count, 1, 30);
        Assert.All(told, line => Assert.Matches(@"^this node refused a connection from 127\.0\.0\.1: it broke off the TLS handshake \(", line));
    }

    [Fact]
    public async Task Plain_text_on_a_port_with_TLS_is_told_in_one_sentence_and_ends_that_connection()
    {
        var node = await _transports.ListenAsync(Mutual);
        node.Echo();
        using var good = await RawPeer.ConnectAsync(node.Port);
        await using var tls = await SecureAsync(good, SslProtocols.None);
        var lines = _transports.Warnings();

        for (var i = 0; i < 3; i++)
        {
            using var plain = await RawPeer.ConnectAsync(node.Port);
            await plain.SendFrameAsync(1, 2, 3);
            await plain.UntilGoneAsync();
        }

        Assert.Equal("this node refused a connection from 127.0.0.1: it does not speak TLS: switch TLS on there too", await lines.NextAsync());
        await AnswersAsync(tls);
        Assert.Empty(await _transports.RestAsync(lines));
        Assert.Single(node.Transport.Connections);
    }

    [Fact]
    public async Task TLS_on_a_plain_port_is_told_on_both_sides_and_ends_that_connection()
    {
        var plain = await _transports.ListenAsync();
        plain.Echo();
        using var good = await RawPeer.ConnectAsync(plain.Port);
        var secure = await _transports.ListenAsync(Mutual);
        var lines = _transports.Warnings();

        var failed = await Assert.ThrowsAsync<InvalidAssociationException>(
            () => secure.Transport.Associate(plain.Address.WithProtocol("ssl.tcp")).WaitAsync(Transports.Bound));

        Assert.StartsWith($"no TLS connection with 127.0.0.1:{plain.Port} comes about: it broke off the TLS handshake (", failed.Message,
            StringComparison.Ordinal);
        Assert.Contains("it has no TLS, or its log tells why", failed.Message, StringComparison.Ordinal);
        Assert.Matches(
            @"^the connection with 127\.0\.0\.1:\d+ ended: it announced a frame of \d+ bytes, .* or it speaks something else$",
            await lines.NextAsync());
        await good.SendFrameAsync(1);
        Assert.Equal([1], await good.FrameAsync());
        await Transports.UntilAsync(() => plain.Transport.Connections.Count == 1, "only the good connection is left");
        Assert.Empty(secure.Transport.Connections);
    }

    [Fact]
    public async Task Plain_node_that_dials_a_port_with_TLS_hears_that_it_is_over()
    {
        var (plain, secure) = (await _transports.ListenAsync(), await _transports.ListenAsync(Mutual));
        var connection = await plain.DialAsync(secure.Address.WithProtocol("tcp"));
        var recorder = new Recorder();
        connection.ReadHandlerSource.SetResult(recorder);

        Assert.True(connection.Write(ByteString.CopyFrom(1, 2, 3)));

        Assert.Empty((await recorder.UntilEndAsync()).Payloads);
        await connection.Ended.WaitAsync(Transports.Bound);
    }

    [Theory]
    [InlineData("nothing", "it said nothing")]
    [InlineData("one byte", "the TLS handshake took longer than 0.3 s")]
    [InlineData("half a greeting", "the TLS handshake took longer than 0.3 s")]
    [InlineData("a greeting", "the TLS handshake took longer than 0.3 s")]
    public async Task Peer_that_stalls_in_its_handshake_is_dropped_after_the_connection_timeout(string says, string told)
    {
        var node = await _transports.ListenAsync($"connection-timeout = 300ms\n{Mutual}");
        var lines = _transports.Warnings();
        var hello = await HelloAsync();
        using var peer = await RawPeer.ConnectAsync(node.Port);

        await peer.SendAsync(says switch
        {
            "nothing" => [],
            "one byte" => hello[..1],
            "half a greeting" => hello[..(hello.Length / 2)],
            _ => hello,
        });

        await peer.UntilGoneAsync();
        Assert.Equal($"this node refused a connection from 127.0.0.1: {told}", await lines.NextAsync());
        Assert.Empty(node.Transport.Connections);
    }

    [Fact]
    public async Task Node_that_dials_a_silent_port_gives_up_after_the_connection_timeout()
    {
        var node = await _transports.ListenAsync($"connection-timeout = 300ms\n{Mutual}");
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;

        var failed = await Assert.ThrowsAsync<InvalidAssociationException>(
            () => node.Transport.Associate(node.Address.WithPort(port)).WaitAsync(Transports.Bound));

        Assert.Equal($"no TLS connection with 127.0.0.1:{port} comes about: the TLS handshake took longer than 0.3 s", failed.Message);
        using var dialled = await silent.AcceptSocketAsync().WaitAsync(Transports.Bound);
        await new RawPeer(dialled).UntilGoneAsync();
    }

    [Fact]
    public async Task Shutdown_ends_handshakes_that_are_under_way_and_blames_nobody()
    {
        var node = await _transports.ListenAsync($"connection-timeout = 1h\n{Mutual}");
        var lines = _transports.Warnings();
        using var silent = new TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using var peer = await RawPeer.ConnectAsync(node.Port);
        using var halfway = await RawPeer.ConnectAsync(node.Port);
        await halfway.SendAsync((await HelloAsync())[..10]);
        var port = ((System.Net.IPEndPoint)silent.LocalEndpoint).Port;
        var dialling = node.Transport.Associate(node.Address.WithPort(port));
        using var dialled = await silent.AcceptSocketAsync().WaitAsync(Transports.Bound);

        await node.Transport.Shutdown().WaitAsync(Transports.Bound);

        var failed = await Assert.ThrowsAsync<InvalidAssociationException>(() => dialling.WaitAsync(Transports.Bound));
        Assert.EndsWith("is possible: this transport is closed", failed.Message, StringComparison.Ordinal);
        await Task.WhenAll(peer.UntilGoneAsync(), halfway.UntilGoneAsync(), new RawPeer(dialled).UntilGoneAsync());
        Assert.Empty(await _transports.RestAsync(lines));
    }

    [Fact]
    public async Task Peer_without_a_certificate_is_refused_in_a_sentence_and_let_in_where_none_is_required()
    {
        var node = await _transports.ListenAsync(Standard);
        var lines = _transports.Warnings();
        using var stranger = await RawPeer.ConnectAsync(node.Port);
        // In TLS 1.3 the side that dials is through before it is judged.
        await using (var tls = await SecureAsync(stranger, SslProtocols.Tls13, withCertificate: false))
        {
            await stranger.UntilGoneAsync();
        }

        Assert.Equal("this node refused a connection from 127.0.0.1: it showed no certificate: give it one", await lines.NextAsync());

        var open = await _transports.ListenAsync($"{Standard}ssl.require-mutual-authentication = off");
        open.Echo();
        using var guest = await RawPeer.ConnectAsync(open.Port);
        await using var guestTls = await SecureAsync(guest, SslProtocols.Tls13, withCertificate: false);
        await AnswersAsync(guestTls);
    }

    [Fact]
    public async Task Standard_settings_trust_the_CAs_of_the_machine_unless_validation_is_suppressed()
    {
        var strict = await _transports.ListenAsync($"{Standard}ssl.suppress-validation = off");
        var (lax, other) = (await _transports.ListenAsync(Standard), await _transports.ListenAsync(Standard));

        var failed = await Assert.ThrowsAsync<InvalidAssociationException>(
            () => strict.Transport.Associate(lax.Address).WaitAsync(Transports.Bound));

        Assert.Matches(
            @$"^the node at 127\.0\.0\.1:{lax.Port} was refused: its certificate \(CN=node\) is not trusted here \(.*PartialChain.*\)$",
            failed.Message);
        (await other.DialAsync(lax.Address)).Close();
    }

    [Theory]
    [InlineData("", Password, "certificate.path is empty")]
    [InlineData("none.pfx", Password, "none.pfx cannot be read as PKCS#12 with its password: ")]
    [InlineData("node.pfx", "wrong", "node.pfx cannot be read as PKCS#12 with its password: ")]
    [InlineData("node.pfx", "", "node.pfx cannot be read as PKCS#12 with its password: ")]
    [InlineData("ca.crt", "", "ca.crt cannot be read as PKCS#12 with its password: ")]
    [InlineData("public.pfx", "", "public.pfx holds no private key")]
    public void Certificate_that_cannot_be_used_is_said_to_be_so_when_the_transport_is_created(string file, string password, string reason)
    {
        using var publicPart = X509CertificateLoader.LoadCertificate(_certificate.Certificate.RawData);
        File.WriteAllBytes(Path.Combine(_folder, "public.pfx"), publicPart.Export(X509ContentType.Pkcs12));
        var path = file.Length == 0 ? "" : Path.Combine(_folder, file);

        var refused = Assert.Throws<ConfigurationException>(() => _transports.Create(StandardFor(path, password)));

        Assert.StartsWith("TLS is on (enable-ssl) and has no certificate that can be used (ssl): ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Thumbprint_that_the_store_does_not_have_is_said_to_be_so()
    {
        var refused = Assert.Throws<ConfigurationException>(() => _transports.Create(
            "enable-ssl = on\nssl.certificate { use-thumbprint-over-file = on, thumbprint = ABCD, store-name = My }"));

        Assert.StartsWith("TLS is on (enable-ssl) and has no certificate that can be used (ssl): the certificate store My ", refused.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("suppress-validation")]
    [InlineData("require-mutual-authentication")]
    [InlineData("validate-certificate-hostname")]
    [InlineData("certificate.use-thumbprint-over-file")]
    public void Switch_that_is_neither_on_nor_off_is_named(string name)
    {
        var refused = Assert.Throws<ConfigurationException>(() => _transports.Create($"{Standard}ssl.{name} = perhaps"));

        Assert.Contains($"ssl.{name} = perhaps", refused.Message, StringComparison.Ordinal);
    }

    private static string StandardFor(string path, string password) =>
        $"""
        enable-ssl = on
        ssl.suppress-validation = on
        ssl.certificate.path = "{path}"
        ssl.certificate.password = "{password}"

        """;

    private async Task<SslStream> SecureAsync(RawPeer peer, SslProtocols version, bool withCertificate = true)
    {
        var tls = new SslStream(new NetworkStream(peer.Socket), leaveInnerStreamOpen: false);
        using var bound = new CancellationTokenSource(Transports.Bound);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                EnabledSslProtocols = version,
                ClientCertificateContext = withCertificate
                    ? SslStreamCertificateContext.Create(_certificate.Certificate, additionalCertificates: null, offline: true)
                    : null,
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=node",
            },
            bound.Token);
        return tls;
    }

    /// <summary>What a client of TLS says first.</summary>
    private async Task<byte[]> HelloAsync()
    {
        var (near, far) = await RawPeer.PairAsync();
        using var peer = far;
        using var listening = near;
        var handshake = SecureAsync(peer, SslProtocols.None);
        var hello = new byte[4096];
        var count = await near.ReceiveAsync(hello).WaitAsync(Transports.Bound);
        near.Dispose();
        await Assert.ThrowsAnyAsync<Exception>(() => handshake);
        return hello[..count];
    }

    private static async Task AnswersAsync(SslStream tls)
    {
        await tls.WriteAsync(RawPeer.Frame(1, 2, 3));
        var answer = new byte[Frames.HeaderBytes + 3];
        await tls.ReadExactlyAsync(answer).AsTask().WaitAsync(Transports.Bound);
        Assert.Equal(RawPeer.Frame(1, 2, 3), answer);
    }

    private static async Task<long> ToEndAsync(Stream stream)
    {
        var buffer = new byte[64 * 1024];
        long bytes = 0;
        while (await stream.ReadAsync(buffer).AsTask().WaitAsync(Transports.Bound) is var count and > 0)
        {
            bytes += count;
        }

        return bytes;
    }
}
