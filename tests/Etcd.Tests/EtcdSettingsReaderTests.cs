using AkkaLb.Tests.Support.Certificates;

namespace AkkaLb.Etcd.Tests;

public sealed class EtcdSettingsReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-etcd-settings-").FullName;
    private readonly Dictionary<string, string> _texts = new() { ["endpoints"] = "https://a:1" };
    private readonly Dictionary<string, string> _environment = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Section_with_endpoints_alone_has_the_defaults()
    {
        var settings = Read(out var problems)!;

        Assert.Empty(problems);
        Assert.Equal(("/akkalb", TimeSpan.FromSeconds(2)), (settings.Prefix, settings.RequestTimeout));
        Assert.True(settings is { IsTls: true, Tls: null, Credentials: null });
    }

    [Fact]
    public void Everything_given_is_read()
    {
        using var authority = new TestAuthority(_folder, "ca");
        var client = authority.Issue("client");
        Give(("prefix", "/p"), ("tls.ca", client.AuthorityFile), (
            "tls.certificate", client.CertificateFile), ("tls.key", client.KeyFile), ("user", "me"), ("password", "secret"));
        var settings = Read(out var problems)!;

        Assert.Empty(problems);
        Assert.Equal("/p", settings.Prefix);
        Assert.True(settings is { Tls: { Authorities.Count: 1, Certificate.HasPrivateKey: true }, Credentials: { User: "me", Password: "secret" } });
    }

    [Fact]
    public void Password_is_the_first_line_of_its_file()
    {
        Give(("user", "me"), ("password-file", Write("secret\n")));
        Assert.Equal("secret", Read(out _)!.Credentials!.Password);
    }

    [Fact]
    public void Password_comes_from_the_environment_where_nothing_else_is_given()
    {
        Give(("user", "me"));
        _environment[EtcdSettingsReader.PasswordVariable] = "secret";
        Assert.Equal("secret", Read(out _)!.Credentials!.Password);
    }

    [Fact]
    public void Without_any_password_a_user_is_refused()
    {
        Give(("user", "me"));
        AssertProblem("password-file", "the password of user 'me' is missing");
    }

    [Fact]
    public void Empty_and_missing_password_files_are_named()
    {
        Give(("user", "me"), ("password-file", Write("\n")));
        AssertProblem("password-file", "is empty");
        Give(("password-file", Path.Combine(_folder, "missing")));
        AssertProblem("password-file", "cannot be read");
    }

    [Theory]
    [InlineData("password", "secret", "user", "is missing")]
    [InlineData("tls.certificate", "a.pem", "tls.key", "go together")]
    [InlineData("tls.key", "a.pem", "tls.certificate", "go together")]
    [InlineData("tls.ca", "/no/such/ca.pem", "", "/no/such/ca.pem cannot be read")]
    [InlineData("endpoints", "a", "endpoints", "names no port")]
    [InlineData("prefix", "x", "", "must start with '/'")]
    [InlineData("prefix", "", "", "must start with '/'")]
    public void What_is_wrong_is_named(string key, string value, string problemKey, string problem)
    {
        Give((key, value));
        AssertProblem(problemKey, problem);
    }

    [Fact]
    public void Certificates_for_endpoints_without_TLS_are_refused()
    {
        using var authority = new TestAuthority(_folder, "ca");
        Give(("endpoints", "http://a:1"), ("tls.ca", authority.CertificateFile));
        AssertProblem("", "its endpoints say http: write https://host:port");
    }

    private void Give(params (string Key, string Value)[] texts) => Array.ForEach(texts, t => _texts[t.Key] = t.Value);

    private string Write(string text)
    {
        var file = Path.Combine(_folder, "password");
        File.WriteAllText(file, text);
        return file;
    }

    private EtcdSettings? Read(out List<(string Key, string Problem)> problems)
    {
        problems = [];
        return EtcdSettingsReader.Read(_texts.GetValueOrDefault, requestTimeout: null, _environment.GetValueOrDefault, problems);
    }

    private void AssertProblem(string key, string problem)
    {
        Assert.Null(Read(out var problems));
        var (foundKey, found) = Assert.Single(problems);
        Assert.Equal(key, foundKey);
        Assert.Contains(problem, found, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", found, StringComparison.Ordinal);
    }
}
