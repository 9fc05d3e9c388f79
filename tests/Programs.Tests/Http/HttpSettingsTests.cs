using System.Net;
using Akka.Configuration;
using AkkaLb.Programs.Http;

namespace AkkaLb.Programs.Tests.Http;

/// <summary>By which names a program may be asked.</summary>
public sealed class HttpSettingsTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1", "", "localhost 127.0.0.1 [::1]")]
    [InlineData("::1", "::1", "", "localhost 127.0.0.1 [::1]")]
    [InlineData("host-7", "127.0.1.1", "", "localhost 127.0.0.1 [::1] host-7 127.0.1.1")]
    [InlineData("127.0.0.1", "127.0.0.1", "lb.example.net ::7", "localhost 127.0.0.1 [::1] lb.example.net [::7]")]
    [InlineData("127.0.0.1", "127.0.0.1", "lb.example.net *", "*")]
    [InlineData("0.0.0.0", "0.0.0.0", "", "*")]
    [InlineData("0.0.0.0", "0.0.0.0", "lb.example.net", "localhost 127.0.0.1 [::1] lb.example.net")]
    [InlineData("::", "::", "lb.example.net", "localhost 127.0.0.1 [::1] lb.example.net")]
    [InlineData("10.0.0.7", "10.0.0.7", "", "*")]
    [InlineData("10.0.0.7", "10.0.0.7", "lb.example.net", "localhost 127.0.0.1 [::1] 10.0.0.7 lb.example.net")]
    public void On_loopback_it_goes_by_its_own_names_and_elsewhere_by_any_unless_some_are_listed(
        string host, string address, string allowed, string expected)
    {
        var settings = new HttpSettings(host, 8080, AllowedHosts: allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(expected.Split(' '), settings.HostsOn(IPAddress.Parse(address)));
    }

    [Theory]
    [InlineData("a.example:8080", false)]
    [InlineData("http://a.example", false)]
    [InlineData("a b", false)]
    [InlineData("*a.example", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::]", false)]
    [InlineData("*", true)]
    [InlineData("*.a.example", true)]
    [InlineData("[::1]", true)]
    [InlineData("10.0.0.7", true)]
    public void What_is_no_name_is_a_problem_that_says_so(string name, bool isName)
    {
        var problems = new List<string>();
        var config = ConfigurationFactory.ParseString(
            $$"""akkalb.http { port = 0, host = "127.0.0.1", path-base = "", admin-token-file = "", allowed-hosts = ["{{name}}"] }""");
        HttpSettings.Read(config, problems);
        Assert.Equal(isName ? [] : [$"akkalb.http.allowed-hosts = {name}: must be a name or address without a port, *.example.net for every name "
            + "below that one, or * for any"], problems);
    }
}
