using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Certificates;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes;

/// <summary>Mutual TLS on every link, etcd with TLS, client certificates and authentication; and that each program says which credential is
/// wrong.</summary>
public sealed class SecurityTests : IDisposable
{
    private const int Unreachable = 3;
    private const string User = "akkalb";
    private const string Password = "akkalb-password";

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-security-").FullName;
    private readonly List<string> _said = [];
    private readonly ITestOutputHelper _output;
    private readonly TestAuthority _authority;
    private readonly TestAuthority _stranger;
    private readonly TestCertificate _node;
    private readonly TestCertificate _etcdServer;

    public SecurityTests(ITestOutputHelper output)
    {
        _output = output;
        (_authority, _stranger) = (new TestAuthority(_folder, "ca"), new TestAuthority(_folder, "stranger"));
        // Of this address and not of "localhost", so that there is a wrong name for the same place.
        var here = new TestAuthority.Request { Hosts = ["127.0.0.1"] };
        (_node, _etcdServer) = (_authority.Issue("node", here), _authority.Issue("etcd", here));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task With_TLS_on_every_link_jobs_are_done_also_when_every_token_is_void_and_when_another_balancer_of_the_cluster_takes_over()
    {
        await using var etcd = await StartEtcdAsync();
        string[] secured = [.. ToEtcd(etcd), .. Between(_node)];
        string[] member = ["--mode", "singleton", .. secured];
        await using var cluster = await TestCluster.StartAsync(_output, "round-robin", ["--id", "b1", .. member]);
        var second = cluster.Add(NodeProcess.Balancer(["--policy", "round-robin", "--port", "0", "--id", "b2", .. member]));
        var ready = await second.WaitForLineAsync("ready balancer ");
        // Told no balancer: etcd names both.
        var first = cluster.Add(NodeProcess.Worker([.. secured, "--id", "w1"]));
        await first.WaitForLineAsync("ready worker w1 ");
        await LoadAsync(cluster, secured, "w1");

        // A token dies a second after its last use, and now all of them at once. A worker that leaves writes to etcd, the watch continues, and
        // one comes.
        await etcd.ForgetTokensAsync();
        first.Signal(Signals.Terminate);
        var ending = await first.EndedAsync();
        await cluster.Add(NodeProcess.Worker([.. secured, "--id", "w2"])).WaitForLineAsync("ready worker w2 ");
        await LoadAsync(cluster, secured, "w2");

        // The first formed the cluster, so it decides.
        var takeOver = second.Error.NextAsync(l => l.Contains("this balancer decides, term ", StringComparison.Ordinal));
        cluster.Balancer.Signal(Signals.Kill);
        _output.WriteLine((await takeOver.WaitAsync(NodeProcess.Bound)).Text);
        await LoadAsync(cluster, secured, "w2");

        Assert.True(ending.ExitCode == 0, ending.ToString());
        Assert.DoesNotContain(ending.Error, l => l.Contains("could not be told", StringComparison.Ordinal));
        Assert.Equal(["/akkalb/workers/w2"], (
            await etcd.Etcdctl("get", "--prefix", "/akkalb/workers/", "--keys-only")).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("akka.ssl.tcp://AkkaLb@127.0.0.1:", ready.Text, StringComparison.Ordinal);
        Assert.StartsWith("ready balancer akka.ssl.tcp://AkkaLb@127.0.0.1:", cluster.Balancer.Output.Texts[0], StringComparison.Ordinal);
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Role_taken_away_while_all_run_ends_nobody_and_the_members_stay_until_it_is_given_back()
    {
        await using var etcd = await StartEtcdAsync();
        await using var cluster = await TestCluster.StartAsync(_output, "round-robin", ToEtcd(etcd));
        await cluster.AddWorkersAsync(["w1", "w2"], ToEtcd(etcd));

        var refused = cluster.Balancer.Error.NextAsync(l => l.Contains(
            "the last known workers stay", StringComparison.Ordinal) && l.Contains("denies user 'akkalb' access", StringComparison.Ordinal));
        var mended = cluster.Balancer.Error.NextAsync(l => l.Contains("the watch of the registry continues", StringComparison.Ordinal));
        await etcd.Etcdctl("user", "revoke-role", User, User);
        _output.WriteLine((await refused.WaitAsync(NodeProcess.Bound)).Text);
        var assigned = await cluster.AssignAsync(4);
        await etcd.Etcdctl("user", "grant-role", User, User);
        await mended.WaitAsync(NodeProcess.Bound);
        await cluster.AddWorkersAsync(["w3"], ToEtcd(etcd));

        Assert.Equal(["w1", "w2"], assigned.Keys.Order());
        Assert.Equal(["w1", "w2", "w3"], (await cluster.AssignAsync(30)).Keys.Order());
        cluster.AssertNoStackTraces();
    }

    [Fact]
    public async Task Wrong_credentials_for_etcd_are_refused_in_one_line_with_exit_3()
    {
        await using var etcd = await StartEtcdAsync();
        var certificate = CertificateForEtcd(_node);
        string[] ca = ["--etcd-ca", _authority.CertificateFile];
        string[] user = ["--etcd-user", User, "--etcd-password-file", Write("password", Password)];
        string[] endpoint = ["--etcd", etcd.Endpoint];
        await etcd.Etcdctl("role", "add", "elsewhere");
        await etcd.Etcdctl("role", "grant-permission", "elsewhere", "--prefix=true", "readwrite", "/elsewhere/");
        await etcd.Etcdctl("user", "add", "stranger:other-password");
        await etcd.Etcdctl("user", "grant-role", "stranger", "elsewhere");

        await RefusedAsync(
            "AkkaLb.Balancer", "shows a certificate that was not signed by the CA that is given for it",
            ["--policy", "round-robin", "--port", "0", .. Patient, .. endpoint, "--etcd-ca", _stranger.CertificateFile, .. certificate, .. user]);
        await RefusedAsync(
            "AkkaLb.WorkerNode", "user or password is wrong",
            [.. Patient, .. endpoint, .. ca, .. certificate, "--etcd-user", User, "--etcd-password-file", Write("guess", "guess")]);
        await RefusedAsync(
            "AkkaLb.ClientNode", "denies user 'stranger' access to the keys below /akkalb/",
            [.. Patient, .. endpoint, .. ca, .. certificate, "--etcd-user", "stranger", "--etcd-password-file", Write("other", "other-password"),
            "assign"]);
        Assert.DoesNotContain(_said, l => l.Contains("guess", StringComparison.Ordinal) || l.Contains(Password, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Nodes_with_wrong_certificates_are_refused_in_one_line_with_exit_3_and_the_balancer_logs_one_each()
    {
        await using var cluster = await TestCluster.StartAsync(_output, "round-robin", Between(_node));
        await using var plain = await TestCluster.StartAsync(_output);
        string[] trusting = ["--tls-ca", Write(
            "both.crt", File.ReadAllText(_authority.CertificateFile) + File.ReadAllText(_stranger.CertificateFile))];
        var foreign = _stranger.Issue("foreign");
        string[] client = ["--config", Write("client.hocon", "akkalb.client.connect-timeout = 4s")];

        await RefusedAsync(
            "AkkaLb.WorkerNode", "hung up at once: if it has TLS, this node needs TLS too", ["--balancer", cluster.Address, "--wait", "2"]);
        await RefusedAsync(
            "AkkaLb.ClientNode", "its log tells whether it refuses this node's certificate",
            [.. client, "--balancer", cluster.Address, "--tls-cert", foreign.CertificateFile, "--tls-key", foreign.KeyFile, .. trusting, "assign"]);
        await RefusedAsync(
            "AkkaLb.ClientNode", "it has no TLS, or its log tells why it refuses this node's certificate",
            [.. client, "--balancer", plain.Address, .. Between(_node), "assign"]);
        // What everybody would refuse does not start.
        await RefusedAsync("AkkaLb.Balancer", "was not signed by", ["--policy", "round-robin", "--port", "0", .. Between(
            foreign with { AuthorityFile = _node.AuthorityFile })]);

        Assert.Single(cluster.Balancer.Error.Texts, l => l.Contains("it does not speak TLS", StringComparison.Ordinal));
        Assert.Single(cluster.Balancer.Error.Texts, l => l.Contains("its certificate (CN=foreign) was not signed by", StringComparison.Ordinal));
        cluster.AssertNoStackTraces();
        await cluster.AddWorkersAsync(["w1"], Between(_node));
    }

    /// <summary>Time for a handshake and a password's hash on a busy machine.</summary>
    private string[] Patient => ["--config", Write("patient.hocon", "akkalb.etcd.request-timeout = 10s")];

    private static string[] Between(TestCertificate node) =>
        ["--tls-cert", node.CertificateFile, "--tls-key", node.KeyFile, "--tls-ca", node.AuthorityFile];

    private static string[] CertificateForEtcd(TestCertificate node) => ["--etcd-cert", node.CertificateFile, "--etcd-key", node.KeyFile];

    private async Task<EtcdProcess> StartEtcdAsync()
    {
        var etcd = await EtcdProcess.StartAsync(
            new EtcdSecurity { Server = _etcdServer, Client = _authority.Issue("etcdctl"), TokenTtl = TimeSpan.FromSeconds(1) });
        try
        {
            await etcd.EnableAuthenticationAsync(User, Password, "/akkalb");
            return etcd;
        }
        catch
        {
            await etcd.DisposeAsync();
            throw;
        }
    }

    private string[] ToEtcd(EtcdProcess etcd) =>
    [
        .. Patient, "--etcd", etcd.Endpoint, "--etcd-ca", _authority.CertificateFile, .. CertificateForEtcd(_node), "--etcd-user", User,
        "--etcd-password-file", Write("password", Password),
    ];

    /// <summary>By a client that knows etcd and finds the balancer there.</summary>
    private static async Task LoadAsync(TestCluster cluster, string[] secured, params string[] workers)
    {
        var ending = await cluster.Add(NodeProcess.Client([.. secured, "load", "--jobs", "200", "--json"])).EndedAsync();
        Assert.True(ending.ExitCode == 0, ending.ToString());
        var summary = LoadSummary.Of(ending);
        Assert.Equal(200, summary.Done);
        Assert.Equal(workers, summary.Workers.Keys.Order());
    }

    private async Task RefusedAsync(string program, string said, string[] arguments)
    {
        await using var process = NodeProcess.Program(program, arguments);
        var ending = await process.EndedAsync();
        var line = Assert.Single(ending.Problems);
        _output.WriteLine(line);
        _said.Add(line);
        Assert.Equal(Unreachable, ending.ExitCode);
        Assert.Contains(said, line, StringComparison.Ordinal);
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
