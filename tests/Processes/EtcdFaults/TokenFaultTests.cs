using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AkkaLb.Processes.Harness;
using AkkaLb.Tests.Support;
using AkkaLb.Tests.Support.Etcd;
using Xunit.Abstractions;

namespace AkkaLb.Processes.EtcdFaults;

/// <summary>An etcd with authentication, whose tokens end.</summary>
public sealed class TokenFaultTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan TokenTtl = TimeSpan.FromSeconds(2);
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-processes-").FullName;
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Tokens_that_expire_or_are_void_are_replaced_and_nobody_is_dropped()
    {
        await using var etcd = await EtcdProcess.StartAsync(new EtcdSecurity { TokenTtl = TokenTtl });
        var user = new EtcdUser("akkalb", "secret", Path.Combine(_folder, "password"));
        await File.WriteAllTextAsync(user.PasswordFile, user.Password);
        await etcd.EnableAuthenticationAsync(user.Name, user.Password, "/akkalb");
        await using var proxy = new FaultyProxy(etcd.Port);
        await using var scene = await FaultScene.StartAsync(output, etcd.Endpoint, proxy.Endpoint, user: user);
        await scene.AddWorkersAsync("w1", "w2");
        var keys = await scene.UntilEqualAsync();
        scene.Note("before", await etcd.StatusAsync());

        // The balancer's token expires while it cannot use it: one that was given out at the same time is not known any more.
        var token = await TokenAsync(etcd, user);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(etcd, token));
        var cut = Stopwatch.GetTimestamp();
        proxy.Cut();
        scene.CutOffBegins();
        await scene.UntilAsync(s => !s.Watcher.IsConnected);
        var added = scene.AddWorkersAsync("w3");
        await scene.Assignments.UntilAsync(_ => Stopwatch.GetElapsedTime(cut) > 3 * TokenTtl, FaultScene.Bound);
        var refusal = await AskAsync(etcd, token);
        scene.Note($"a token that was not used for {Stopwatch.GetElapsedTime(cut).TotalSeconds:0.0} s, with a life of {TokenTtl.TotalSeconds} s, is answered with {refusal}");
        Assert.Equal(HttpStatusCode.Unauthorized, refusal);
        proxy.Mend();
        await scene.UntilAsync(s => s.Watcher.IsConnected);
        scene.CutOffEnds();
        await added;
        Assert.Equal(["w1", "w2", "w3"], (await scene.UntilEqualAsync()).Keys.Order());

        // All tokens are void, also those of the workers, which use theirs all the time.
        await etcd.ForgetTokensAsync();
        await scene.AddWorkersAsync("w4");
        scene.Worker("w3").Signal(Signals.Terminate);
        await scene.UntilEtcdHoldsAsync("w1", "w2", "w4");

        var after = await scene.UntilEqualAsync();
        scene.Note("after", await etcd.StatusAsync());
        // Nobody lost its lease over it.
        Assert.Equal(keys["w1"], after["w1"]);
        Assert.Equal(keys["w2"], after["w2"]);
        scene.AssertNobodyDropped(cut, "w1", "w2");
        await scene.AssertRulesHeldAsync();
    }

    /// <summary>Through etcd's JSON gateway, apart from everything that is tested.</summary>
    private async Task<string> TokenAsync(EtcdProcess etcd, EtcdUser user)
    {
        using var answer = await _http.PostAsJsonAsync(new Uri($"{etcd.Endpoint}/v3/auth/authenticate"), new { name = user.Name, password = user.Password });
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private async Task<HttpStatusCode> AskAsync(EtcdProcess etcd, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{etcd.Endpoint}/v3/kv/range"))
        {
            Content = JsonContent.Create(new { key = Convert.ToBase64String("/akkalb/x"u8) }),
        };
        request.Headers.TryAddWithoutValidation("Authorization", token);
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }
}
