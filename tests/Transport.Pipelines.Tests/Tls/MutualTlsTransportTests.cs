using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote;
using AkkaLb.Endpoints;
using AkkaLb.Transport.Pipelines.Tls;
using AkkaLb.Messages;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Certificates;

namespace AkkaLb.Transport.Pipelines.Tests.Tls;

/// <summary>Actor systems that speak TLS with each other, on loopback.</summary>
public sealed class MutualTlsTransportTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-tls-").FullName;
    private readonly List<ActorSystem> _systems = [];
    private readonly TestAuthority _authority;
    private readonly TestAuthority _stranger;

    public MutualTlsTransportTests() => (_authority, _stranger) = (new TestAuthority(_folder, "ca"), new TestAuthority(_folder, "stranger"));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate()));
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Nodes_of_one_CA_speak_with_each_other_and_their_addresses_say_how()
    {
        var (a, b) = (Start(_authority), Start(_authority));

        Assert.Equal("akka.ssl.tcp", AddressOf(a).Protocol);
        Assert.NotNull(await IdentifyAsync(a, b));
    }

    /// <summary>Heartbeats are out of the way here: they would let answers out that wait for another message.</summary>
    [Fact]
    public async Task First_answer_on_a_new_connection_waits_for_nothing()
    {
        var server = Start(_authority);
        for (var i = 0; i < 20; i++)
        {
            Assert.NotNull(await IdentifyAsync(Start(_authority), server));
        }
    }

    /// <summary>Akka's own transport would shut down the whole actor system of the side that dialled.</summary>
    [Fact]
    public async Task Node_that_dials_a_stranger_says_why_it_refuses_and_lives_on()
    {
        var (node, friend) = (Start(_authority), Start(_authority));
        // It would accept us: who refuses is decided.
        var stranger = Start(new NodeTls(_stranger.Issue("node").Certificate, [.. _stranger.Certificates, .. _authority.Certificates]));
        var trouble = await TroubleAsync(node, AddressOf(stranger));

        Assert.Equal(
            $"the node at 127.0.0.1:{AddressOf(stranger).Port} was refused: its certificate (CN=node) was not signed by {_authority.CertificateFile}",
            trouble);
        Assert.NotNull(await IdentifyAsync(node, friend));
        Assert.Null(CoordinatedShutdown.Get(node).ShutdownReason);
    }

    [Fact]
    public async Task Node_dialled_under_a_name_that_its_certificate_does_not_have_is_refused()
    {
        var node = Start(_authority);
        var misnamed = Start(_authority, _authority.Issue("misnamed", new() { Hosts = ["node.example"] }));

        Assert.EndsWith("does not name the host 127.0.0.1: its subjectAltName must", await TroubleAsync(node, AddressOf(misnamed)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_that_is_refused_says_where_the_reason_stands_and_dials_again()
    {
        var node = Start(_authority);
        // It accepts the other's certificate, and the other does not accept its own.
        var refused = Start(new NodeTls(_stranger.Issue("node").Certificate, [.. _stranger.Certificates, .. _authority.Certificates]));
        var errors = Lines<AssociationErrorEvent>(refused, e => e.RemoteAddress.ToString());
        var troubles = Lines<AssociationTrouble>(refused, t => t.Sentence);
        await DialUntilAsync(errors.NextAsync(), refused, node);
        await DialUntilAsync(errors.NextAsync(), refused, node);

        Assert.Equal(
            $"127.0.0.1:{AddressOf(node).Port}: it hung up behind the TLS handshake: its log tells whether it refuses this node's certificate",
            await troubles.NextAsync());
    }

    [Fact]
    public async Task Strangers_who_dial_are_refused_and_told_in_one_line_each()
    {
        var node = Start(_authority);
        var lines = Warnings(node);

        // Trusts our CA and has a certificate of another one; and one without TLS.
        var certificate = _stranger.Issue("node");
        Knock(Start(new NodeTls(certificate.Certificate, _authority.Certificates)), node);
        Assert.Equal($"this node refused a connection from 127.0.0.1: its certificate (CN=node) was not signed by {_authority.CertificateFile}",
            await lines.NextAsync());
        var plain = Start(tls: null);
        Knock(plain, node);
        Knock(plain, node);
        Assert.Equal("this node refused a connection from 127.0.0.1: it does not speak TLS: switch TLS on there too",
            await lines.NextAsync());
        Assert.NotNull(await IdentifyAsync(Start(_authority), node));
        Assert.Null(CoordinatedShutdown.Get(node).ShutdownReason);
    }

    private static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    private static Task<IActorRef?> IdentifyAsync(ActorSystem from, ActorSystem to) => IdentifyAsync(from, AddressOf(to));

    private static async Task<IActorRef?> IdentifyAsync(ActorSystem from, Address to) =>
        (await from.ActorSelection(new RootActorPath(to) / "user").Ask<ActorIdentity>(new Identify(1), Bound)).Subject;

    [Fact]
    public async Task Renewed_certificate_and_CA_are_used_by_new_connections_of_a_node_that_runs()
    {
        string[] files = [.. new[] { "node.crt", "node.key", "node.ca" }.Select(f => Path.Combine(_folder, f))];
        Put(_authority.Issue("running"));
        var tls = NodeTls.FromFiles(files[0], files[1], files[2]);
        var read = new TaskCompletionSource<FileNews>(TaskCreationOptions.RunContinuationsAsynchronously);
        tls.Told += news => _ = news.IsTrouble || read.TrySetResult(news);
        var node = Start(tls);
        var renewed = _stranger.Issue("running");

        Put(renewed);
        Assert.Contains("CN=running, valid until", (await read.Task.WaitAsync(Bound)).Sentence, StringComparison.Ordinal);

        // Both ways: each side has to show a certificate of the new CA, and to believe one.
        await UntilIdentifiedAsync(Start(_stranger), node);
        await UntilIdentifiedAsync(node, Start(_stranger));

        void Put(TestCertificate from)
        {
            File.Copy(from.AuthorityFile, files[2], overwrite: true);
            File.Copy(from.KeyFile, files[1], overwrite: true);
            File.Copy(from.CertificateFile, files[0], overwrite: true);
        }
    }

    [Fact]
    public void New_certificate_that_others_would_refuse_leaves_the_one_before()
    {
        string[] files = [.. new[] { "node.crt", "node.key", "node.ca" }.Select(f => Path.Combine(_folder, f))];
        var (before, expired) = (_authority.Issue("node"), _authority.Issue("expired", new() { ValidFor = TimeSpan.FromDays(-1) }));
        File.Copy(before.CertificateFile, files[0]);
        File.Copy(before.KeyFile, files[1]);
        File.Copy(before.AuthorityFile, files[2]);
        var time = new ManualTime(TimeProvider.System.GetUtcNow());
        var tls = NodeTls.FromFiles(files[0], files[1], files[2], time);
        var told = new List<FileNews>();
        tls.Told += told.Add;

        File.Copy(expired.CertificateFile, files[0], overwrite: true);
        File.Copy(expired.KeyFile, files[1], overwrite: true);
        time.Advance(ReloadedFiles<NodeTls>.LookEvery);
        Assert.Equal(before.Certificate.Thumbprint, tls.Certificate.Thumbprint);
        Assert.Matches("node.crt: expired at .* What was read before stays in use$", Assert.Single(told).Sentence);
    }

    /// <summary>Dials again and again: after a refusal Akka does not dial for a while.</summary>
    private static async Task UntilIdentifiedAsync(ActorSystem from, ActorSystem to)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asking = from.ActorOf(Props.Create(() => new Listener<ActorIdentity>(i => i.Subject != null, _ => answer.TrySetResult())));
        while (!answer.Task.IsCompleted)
        {
            from.ActorSelection(new RootActorPath(AddressOf(to)) / "user").Tell(new Identify(1), asking);
            await timer.WaitForNextTickAsync(bound.Token);
        }
    }

    /// <summary>Dials without waiting for an answer.</summary>
    private static void Knock(ActorSystem from, ActorSystem to) =>
        from.ActorSelection(new RootActorPath(AddressOf(to).WithProtocol(AddressOf(from).Protocol)) / "user").Tell(new Identify(1));

    /// <summary>Dials again and again, as above. With a word that nobody answers: Akka fails over a dead letter that it answers, and that has no
    /// sender.</summary>
    private static async Task DialUntilAsync(Task done, ActorSystem from, ActorSystem to)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (!done.IsCompleted)
        {
            from.ActorSelection(new RootActorPath(AddressOf(to)) / "user" / "nobody").Tell("a word");
            await timer.WaitForNextTickAsync();
        }

        await done;
    }

    private static async Task<string> TroubleAsync(ActorSystem node, Address remote)
    {
        var troubles = Lines<AssociationTrouble>(node, t => t.Sentence);
        node.ActorSelection(new RootActorPath(remote) / "user").Tell(new Identify(1));
        return await troubles.NextAsync();
    }

    private static Told Warnings(ActorSystem system) =>
        Lines<Warning>(system, w => w.Message.ToString()!, w => w.LogClass == typeof(PipelinesTransport));

    private static Told Lines<T>(ActorSystem system, Func<T, string> read, Func<T, bool>? isWanted = null)
    {
        var told = new Told();
        system.EventStream.Subscribe(
            system.ActorOf(Props.Create(() => new Listener<T>(m => isWanted == null || isWanted(m), m => told.Add(read(m))))), typeof(T));
        return told;
    }

    private ActorSystem Start(TestAuthority authority) => Start(authority, authority.Issue("node"));

    private ActorSystem Start(TestAuthority authority, TestCertificate certificate) =>
        Start(NodeTls.FromFiles(certificate.CertificateFile, certificate.KeyFile, authority.CertificateFile));

    private ActorSystem Start(NodeTls? tls)
    {
        var config = ConfigurationFactory.ParseString("akka { loggers = [], stdout-loglevel = OFF, "
            + "remote.transport-failure-detector.heartbeat-interval = 1h, remote.transport-failure-detector.acceptable-heartbeat-pause = 3h }")
            .WithFallback(SystemConfig.Remoting("127.0.0.1", 0));
        var transport = ConfigurationFactory.ParseString(
            $$"""
            akka.remote.dot-netty.tcp {
              transport-class = "AkkaLb.Transport.Pipelines.PipelinesTransport, AkkaLb.Transport.Pipelines"
              enable-ssl = {{(tls is null ? "off" : "on")}}
            }
            """);
        var bootstrap = BootstrapSetup.Create().WithConfig(transport.WithFallback(config));
        var system = ActorSystem.Create(
            SystemConfig.SystemName, tls is null ? ActorSystemSetup.Create(bootstrap) : ActorSystemSetup.Create(bootstrap, new NodeTlsSetup(tls)));
        _systems.Add(system);
        return system;
    }

    private sealed class Listener<T> : ReceiveActor
    {
        public Listener(Func<T, bool> isWanted, Action<T> on) => Receive<T>(m =>
        {
            if (isWanted(m))
            {
                on(m);
            }
        });
    }

    private sealed class Told
    {
        private readonly System.Threading.Channels.Channel<string> _lines = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public void Add(string line) => _lines.Writer.TryWrite(line);

        public async Task<string> NextAsync() => await _lines.Reader.ReadAsync().AsTask().WaitAsync(Bound);
    }
}
