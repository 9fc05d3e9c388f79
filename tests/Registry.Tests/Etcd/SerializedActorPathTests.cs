using AkkaLb.Registry.Etcd;

namespace AkkaLb.Registry.Tests.Etcd;

public sealed class SerializedActorPathTests
{
    [Theory]
    [InlineData("akka.tcp://AkkaLb@127.0.0.1:4053/user/worker#123")]
    [InlineData("akka.tcp://AkkaLb@worker-1.example.org:1/user/a/b#-5")]
    [InlineData("akka.tcp://AkkaLb@[::1]:4053/user/worker#1")]
    public void A_full_path_with_uid_is_accepted(string path) => Assert.True(SerializedActorPath.IsValid(path, needsUid: true));

    [Theory]
    [InlineData("")]
    [InlineData("akka://AkkaLb/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb/user/worker#1")]
    [InlineData("akka.tcp://@h:1/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@h/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@:1/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@h:0/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@h:65536/user/worker#1")]
    [InlineData("akka.tcp://AkkaLb@h:1")]
    [InlineData("akka.tcp://AkkaLb@h:1/#1")]
    [InlineData("akka.tcp://AkkaLb@h:1/user//worker#1")]
    [InlineData("akka.tcp://AkkaLb@h:1/user/worker#")]
    [InlineData("akka.tcp://AkkaLb@h:1/user/worker#x")]
    [InlineData("akka.tcp://AkkaLb@h:1/user/wor ker#1")]
    [InlineData("http://AkkaLb@h:1/user/worker#1")]
    public void Anything_else_is_refused(string path)
    {
        Assert.False(SerializedActorPath.IsValid(path, needsUid: true));
        Assert.False(SerializedActorPath.IsValid(path, needsUid: false));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Only_who_needs_a_uid_insists_on_it(bool needsUid, bool isValid) =>
        Assert.Equal(isValid, SerializedActorPath.IsValid("akka.tcp://AkkaLb@h:1/user/balancer", needsUid));
}
