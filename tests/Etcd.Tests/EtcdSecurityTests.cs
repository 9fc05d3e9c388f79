using AkkaLb.Endpoints;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Certificates;
using AkkaLb.Tests.Support.Etcd;
using AkkaLb.Watching;
using Etcdserverpb;
using Google.Protobuf;
using Mvccpb;

namespace AkkaLb.Etcd.Tests;

/// <summary>TLS and authentication against a real etcd: what works, and the sentence for each thing that does not.</summary>
[Trait("etcd", "each-release")]
public sealed class EtcdSecurityTests : IDisposable
{
    private const string User = "app";
    private const string Password = "app-password";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly EtcdKeyRange Keys = new("/akkalb/things/");

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-etcd-tls-").FullName;
    private readonly TestAuthority _authority;
    private readonly TestAuthority _stranger;
    private readonly TestCertificate _server;
    private readonly TestCertificate _client;

    public EtcdSecurityTests()
    {
        (_authority, _stranger) = (new TestAuthority(_folder, "ca"), new TestAuthority(_folder, "stranger"));
        (_server, _client) = (_authority.Issue("etcd"), _authority.Issue("client"));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task With_certificates_and_password_and_the_documented_role_everything_works()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { Server = _server, Client = _client });
        await etcd.EnableAuthenticationAsync(User, Password, "/akkalb");
        using var connection = Connect(etcd, Tls(_client), Password);

        await UseAsync(connection);
    }

    [Fact]
    public async Task Without_a_password_the_common_name_of_the_certificate_is_the_user()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { Server = _server, Client = _client });
        await etcd.EnableAuthenticationAsync("by-name", Password, "/akkalb");
        using var connection = Connect(etcd, Tls(_authority.Issue("by-name")));

        await UseAsync(connection);
    }

    [Fact]
    public async Task Token_that_etcd_has_forgotten_is_replaced_and_the_call_repeated()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await etcd.EnableAuthenticationAsync(User, Password, "/akkalb");
        using var connection = Connect(etcd, tls: null, Password);
        var lease = (await connection.GrantAsync(TimeSpan.FromMinutes(1), default)).ID;
        await PutAsync(connection, "a");
        var first = await connection.TokenAsync(connection.RequestTimeout, default);

        await etcd.ForgetTokensAsync();
        await PutAsync(connection, "b");

        var second = await connection.TokenAsync(connection.RequestTimeout, default);
        Assert.NotEqual(first, second);
        await etcd.ForgetTokensAsync();
        Assert.True((await connection.KeepAliveAsync(lease, default)).TTL > 0);
        await etcd.ForgetTokensAsync();
        await AssertWatchOpensAsync(connection);
    }

    [Fact]
    public async Task Token_that_nobody_used_for_its_life_is_replaced()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { TokenTtl = TimeSpan.FromSeconds(1) });
        await etcd.EnableAuthenticationAsync(User, Password, "/akkalb");
        using var connection = Connect(etcd, tls: null, Password);
        var first = await connection.TokenAsync(connection.RequestTimeout, default);
        await PutAsync(connection, "a");

        // etcd itself measures the time: a lease of 4 s that nobody renews, seen to end by another user.
        using var root = Connect(etcd, tls: null, "rootpw", "root");
        var lease = await root.GrantAsync(TimeSpan.FromSeconds(4), default);
        await root.PutAsync(new PutRequest { Key = Keys.KeyOf("clock"), Lease = lease.ID }, default);
        using var bound = new CancellationTokenSource(Bound);
        await foreach (var e in EtcdWatch.WatchAsync(root, Keys, new Random(1), bound.Token))
        {
            if (e is Watched<KeyValue>.Known { Changes: not null })
            {
                break;
            }
        }

        await PutAsync(connection, "b");
        Assert.NotEqual(first, await connection.TokenAsync(connection.RequestTimeout, default));
    }

    [Fact]
    public async Task Wrong_password_and_unknown_user_are_refused_without_naming_the_password()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await etcd.EnableAuthenticationAsync(User, Password, "/akkalb");

        Assert.Equal($"etcd at {etcd.Endpoint} refuses user 'app': user or password is wrong", await RefusalAsync(Connect(etcd, null, "guess")));
        Assert.Equal($"etcd at {etcd.Endpoint} refuses user 'nobody': user or password is wrong", await RefusalAsync(
            Connect(etcd, null, "guess", "nobody")));
        Assert.Equal($"etcd at {etcd.Endpoint} has authentication switched on: give a user and a password", await RefusalAsync(Connect(etcd)));
    }

    [Fact]
    public async Task A_user_may_be_given_before_authentication_is_switched_on_and_off_and_on_again_costs_no_lease_and_no_watch()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        using var connection = Connect(etcd, null, Password);
        await using var keeper = await EtcdLeaseKeeper.GrantAsync(connection, TimeSpan.FromSeconds(3), default);
        await connection.PutAsync(new PutRequest { Key = Keys.KeyOf("kept"), Lease = keeper.LeaseId }, default);
        using var bound = new CancellationTokenSource(Bound);
        await using var watch = EtcdWatch.WatchAsync(connection, Keys, new Random(1), bound.Token).GetAsyncEnumerator(bound.Token);
        Assert.True(await watch.MoveNextAsync());
        Assert.IsType<Watched<KeyValue>.Known>(watch.Current);

        await AssertKeptAsync();
        await etcd.EnableAuthenticationAsync(User, Password, "/akkalb");
        await AssertKeptAsync();
        await etcd.SwitchAuthenticationAsync(isOn: false);
        await AssertKeptAsync();
        await etcd.SwitchAuthenticationAsync(isOn: true);
        await AssertKeptAsync();

        // For longer than the lease would live without a renewal. New watches open as well.
        async Task AssertKeptAsync()
        {
            var since = System.Diagnostics.Stopwatch.StartNew();
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            while (since.Elapsed < keeper.Ttl * 1.2)
            {
                Assert.True(keeper.IsHeld, keeper.LostReason);
                var revision = (await PutAsync(connection, "changing")).Header.Revision;
                while (watch.Current is not Watched<KeyValue>.Known { Changes: not null } changed || changed.Revision < revision)
                {
                    Assert.True(await watch.MoveNextAsync());
                    Assert.IsNotType<Watched<KeyValue>.Down>(watch.Current);
                }

                await timer.WaitForNextTickAsync(bound.Token);
            }

            Assert.Equal(2, (await connection.CountAsync(Keys, default)).Count);
            await AssertWatchOpensAsync(connection);
        }
    }

    /// <summary>etcd takes the owner of the certificate for the user of a call without a token, and denies him everything.</summary>
    [Fact]
    public async Task Beside_a_client_certificate_the_user_counts_again_when_authentication_is_switched_on_again()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { Server = _server, Client = _client });
        await etcd.EnableAuthenticationAsync(User, Password, "/akkalb");
        await etcd.SwitchAuthenticationAsync(isOn: false);
        using var connection = Connect(etcd, Tls(_client), Password);
        await PutAsync(connection, "a");

        await etcd.SwitchAuthenticationAsync(isOn: true);

        await PutAsync(connection, "a");
        await UseAsync(connection);
    }

    [Fact]
    public async Task User_without_a_role_on_the_prefix_is_denied_reads_writes_and_the_watch()
    {
        await using var etcd = await EtcdProcess.StartAsync();
        await etcd.EnableAuthenticationAsync(User, Password, "/elsewhere");
        using var connection = Connect(etcd, null, Password);
        const string expected = "denies user 'app' access to the keys below /akkalb/";

        Assert.Contains(expected, (
            await Assert.ThrowsAsync<RegistryRefusedException>(() => connection.CountAsync(Keys, default))).Message, StringComparison.Ordinal);
        Assert.Contains(expected, (
            await Assert.ThrowsAsync<RegistryRefusedException>(() => PutAsync(connection, "a"))).Message, StringComparison.Ordinal);
        var watch = await Assert.ThrowsAsync<RegistryRefusedException>(() => EtcdWatchStream.OpenAsync(connection, Keys, 1, default));
        Assert.Contains("refuses user 'app' the watch", watch.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Etcd_of_another_CA_or_under_another_name_or_expired_is_not_believed()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { Server = _server });
        await using var misnamed = await EtcdProcess.StartAsync(
            new EtcdSecurity { Server = _authority.Issue("misnamed", new() { Hosts = ["etcd.example"] }) });
        await using var expired = await EtcdProcess.StartAsync(
            new EtcdSecurity { Server = _authority.Issue("expired", new() { ValidFor = TimeSpan.FromDays(-1) }) });

        Assert.EndsWith("was not signed by the CA that is given for it", await TroubleAsync(
            Connect(etcd, new EtcdTls(_stranger.Certificates))), StringComparison.Ordinal);
        Assert.EndsWith("was not signed by a CA that this machine trusts: name its CA", await TroubleAsync(Connect(etcd)), StringComparison.Ordinal);
        Assert.Contains("does not name its host", await TroubleAsync(Connect(misnamed, Tls())), StringComparison.Ordinal);
        Assert.EndsWith("has expired or is not valid yet", await TroubleAsync(Connect(expired, Tls())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_and_foreign_client_certificates_are_named_as_such()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { Server = _server, Client = _client });

        Assert.Contains("it asks for a client certificate, and none is given", await TroubleAsync(Connect(etcd, Tls())), StringComparison.Ordinal);
        Assert.Matches(
            @"it does not accept our client certificate \(CN=client, valid until \d{4}-\d\d-\d\d \d\d:\d\d UTC\)$",
            await TroubleAsync(Connect(etcd, Tls(_stranger.Issue("client")))));
    }

    [Fact]
    public async Task Renewed_certificate_key_and_CA_are_used_by_the_next_connection_and_broken_ones_leave_those_before()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { Server = _server, Client = _client });
        var (wrong, right) = (_stranger.Issue("renewed"), _authority.Issue("renewed"));
        string[] files = [.. new[] { "ca", "certificate", "key" }.Select(f => Path.Combine(_folder, f))];
        Put(wrong);
        var time = new ManualTime();
        var tls = EtcdTls.FromFiles(files[0], files[1], files[2], time);
        var told = new List<FileNews>();
        tls.Told += told.Add;
        using var connection = Connect(etcd, tls);
        Assert.EndsWith("was not signed by the CA that is given for it", await FaultAsync(), StringComparison.Ordinal);

        File.Copy(right.AuthorityFile, files[0], overwrite: true);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("it does not accept our client certificate", await FaultAsync(), StringComparison.Ordinal);

        File.Copy(right.CertificateFile, files[1], overwrite: true);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("it does not accept our client certificate", await FaultAsync(), StringComparison.Ordinal);
        Assert.Contains("is not the private key of", Assert.Single(told, t => t.IsTrouble).Sentence, StringComparison.Ordinal);

        File.Copy(right.KeyFile, files[2], overwrite: true);
        time.Advance(TimeSpan.FromSeconds(1));
        await connection.CountAsync(Keys, default);

        async Task<string> FaultAsync() =>
            (await Assert.ThrowsAsync<RegistryUnavailableException>(() => connection.CountAsync(Keys, default))).Message;

        void Put(TestCertificate from)
        {
            File.Copy(from.AuthorityFile, files[0], overwrite: true);
            File.Copy(from.CertificateFile, files[1], overwrite: true);
            File.Copy(from.KeyFile, files[2], overwrite: true);
        }
    }

    [Fact]
    public async Task Http_to_a_TLS_port_and_https_to_a_plain_one_are_told_apart()
    {
        await using var tls = await EtcdProcess.StartAsync(new EtcdSecurity { Server = _server });
        await using var plain = await EtcdProcess.StartAsync();

        Assert.Contains("does it want https", await TroubleAsync(Connect(false, tls.Port)), StringComparison.Ordinal);
        Assert.Contains("does not speak TLS: write http://host:port", await TroubleAsync(Connect(true, plain.Port, Tls())), StringComparison.Ordinal);
    }

    private static EtcdConnection Connect(EtcdProcess etcd, EtcdTls? tls = null, string? password = null, string user = User) =>
        Connect(etcd.Endpoint.StartsWith("https", StringComparison.Ordinal), etcd.Port, tls, password, user);

    private static EtcdConnection Connect(bool isTls, int port, EtcdTls? tls = null, string? password = null, string user = User) => new(
        new EtcdSettings([new EtcdEndpoint("127.0.0.1", port, isTls)])
        {
            RequestTimeout = TimeSpan.FromSeconds(10),
            Tls = tls,
            Credentials = password is null ? null : new EtcdCredentials(user, password),
        },
        TimeProvider.System);

    private static Task<PutResponse> PutAsync(EtcdConnection connection, string name) =>
        connection.PutAsync(new PutRequest { Key = Keys.KeyOf(name), Value = ByteString.CopyFromUtf8(name) }, default);

    private static async Task<string> RefusalAsync(EtcdConnection connection)
    {
        using (connection)
        {
            return (await Assert.ThrowsAsync<RegistryRefusedException>(() => connection.CountAsync(Keys, default))).Message;
        }
    }

    private static async Task<string> TroubleAsync(EtcdConnection connection)
    {
        using (connection)
        {
            return (await Assert.ThrowsAsync<RegistryUnavailableException>(() => connection.CountAsync(Keys, default))).Message;
        }
    }

    private static async Task UseAsync(EtcdConnection connection)
    {
        await using var lease = await EtcdLeaseKeeper.GrantAsync(connection, TimeSpan.FromSeconds(10), default);
        await PutAsync(connection, "a");
        Assert.Equal(1, (await connection.CountAsync(Keys, default)).Count);
        Assert.True((await connection.KeepAliveAsync(lease.LeaseId, default)).TTL > 0);
        await AssertWatchOpensAsync(connection);
    }

    private static async Task AssertWatchOpensAsync(EtcdConnection connection)
    {
        using var bound = new CancellationTokenSource(Bound);
        await using var watch = EtcdWatch.WatchAsync(connection, Keys, new Random(1), bound.Token).GetAsyncEnumerator(bound.Token);
        Assert.True(await watch.MoveNextAsync());
        Assert.IsType<Watched<KeyValue>.Known>(watch.Current);
    }

    private EtcdTls Tls(TestCertificate? client = null) => new(_authority.Certificates, client?.Certificate);
}
