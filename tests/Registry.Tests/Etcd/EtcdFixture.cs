using AkkaLb.Etcd;
using AkkaLb.Registry.Etcd;
using AkkaLb.Tests.Support.Etcd;

namespace AkkaLb.Registry.Tests.Etcd;

/// <summary>One etcd for all tests that leave it as they found it; each works under a prefix of its own.</summary>
public sealed class EtcdFixture : IAsyncLifetime
{
    private int _prefixes;

    public EtcdProcess Etcd { get; private set; } = null!;

    public async Task InitializeAsync() => Etcd = await EtcdProcess.StartAsync();

    public async Task DisposeAsync() => await Etcd.DisposeAsync();

    public EtcdSettings NewSettings() => Settings.For(Etcd) with { Prefix = $"/test{Interlocked.Increment(ref _prefixes)}" };
}

[CollectionDefinition(Name)]
public sealed class EtcdTests : ICollectionFixture<EtcdFixture>
{
    public const string Name = "one etcd";
}
