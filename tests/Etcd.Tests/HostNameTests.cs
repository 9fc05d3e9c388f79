using AkkaLb.Endpoints;

namespace AkkaLb.Etcd.Tests;

public sealed class HostNameTests
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("etcd-0.etcd.svc")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("[2001:db8::7]")]
    public void Names_and_addresses_are_valid_and_can_be_dialled(string host)
    {
        Assert.True(HostName.IsValid(host));
        Assert.True(HostName.CanBeDialledFromAnywhere(host));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("[::]")]
    [InlineData("[::ffff:0.0.0.0]")]
    [InlineData("[fe80::1%2]")]
    [InlineData("bücher")]
    public void Valid_on_this_machine_and_no_address_for_another(string host)
    {
        Assert.True(HostName.IsValid(host));
        Assert.False(HostName.CanBeDialledFromAnywhere(host));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("::1")]
    [InlineData("[::1")]
    [InlineData("::1]")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[localhost]")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("user@host")]
    [InlineData("host:1")]
    [InlineData("a\nb")]
    public void Everything_else_is_neither(string host)
    {
        Assert.False(HostName.IsValid(host));
        Assert.False(HostName.CanBeDialledFromAnywhere(host));
    }
}
