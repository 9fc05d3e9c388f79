using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Actor;
using Akka.Cluster;
using Akka.Hosting;
using Akka.Remote.Transport.DotNetty;
using Akka.Serialization;
using AkkaLb.Client;
using AkkaLb.Registry;
using AkkaLb.Tests.Support.Certificates;
using AkkaLb.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static AkkaLb.Hosting.Tests.Shop;

namespace AkkaLb.Hosting.Tests;

/// <summary>An application with a cluster, a name, a serializer and TLS of its own: it does the same with AkkaLb and without.</summary>
public sealed class ClusterApplicationTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-hosting-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Its_members_its_own_messages_and_its_TLS_are_as_before(bool isWithAkkaLb)
    {
        using var authority = new TestAuthority(_folder, "shop");
        var certificate = authority.Issue("node").Certificate;
        using var second = Build(
            certificate,
            builder => builder.Services.AddSingleton<PriceList>(),
            akka => _ = isWithAkkaLb
                ? akka.WithAkkaLb(Shop.Messages)
                    .WithAkkaLbBalancer("least-load")
                    .WithAkkaLbWorker<Till>(new BalancedWorkerOptions { Id = "till", Balancers = FixedBalancers.Own, RejectLinger = TimeSpan.Zero })
                : akka);
        await second.StartAsync();
        var there = Member(second);
        using var first = Build(
            certificate,
            builder => _ = isWithAkkaLb ? builder.AddAkkaLbClient("shop", client => client.ConnectionString = there.SelfAddress.ToString()) : builder,
            akka => _ = isWithAkkaLb ? akka.WithAkkaLb(Shop.Messages) : akka);
        await first.StartAsync();
        var here = Member(first);
        using (var bound = new CancellationTokenSource(Patience))
        {
            await there.JoinAsync(there.SelfAddress, bound.Token);
            await here.JoinAsync(there.SelfAddress, bound.Token);
        }

        Assert.Equal("akka.ssl.tcp", there.SelfAddress.Protocol);
        there.System.ActorOf(Props.Create(() => new Clerk()), "clerk");
        var clerk = here.System.ActorSelection(new RootActorPath(there.SelfAddress) / "user" / "clerk");
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(new Receipt("ada", 2 * i), await clerk.Ask<Receipt>(new Order("ada", i), Patience));
            if (isWithAkkaLb)
            {
                var client = first.Services.GetRequiredService<BalancedClient>();
                Assert.Equal(4, (await client.AskAsync<Costs>(new PriceOf("milk"), new JobOptions { Deadline = Patience })).Price);
            }
        }

        Assert.All(here.State.Members, member => Assert.Equal(MemberStatus.Up, member.Status));
        Assert.Equal(
            typeof(ByHand), there.System.Serialization.FindSerializerForType(typeof(Order)).GetType());
        Assert.Equal(
            typeof(NewtonSoftJsonSerializer), there.System.Serialization.FindSerializerForType(typeof(object)).GetType());
        await Task.WhenAll(first.StopAsync(), second.StopAsync());
    }

    private static IHost Build(X509Certificate2 certificate, Action<HostApplicationBuilder> services, Action<AkkaConfigurationBuilder> parts)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddAkka("Shop", akka =>
        {
            akka
                .AddHocon(
                    """
                    akka {
                      actor.provider = cluster
                      loglevel = OFF
                      stdout-loglevel = OFF
                      remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0, enable-ssl = true }
                    }
                    """,
                    HoconAddMode.Prepend)
                .AddSetup(new DotNettySslSetup(certificate, suppressValidation: true))
                .WithCustomSerializer("by-hand", [typeof(Order), typeof(Receipt)], system => new ByHand(system));
            parts(akka);
        });
        services(builder);
        return builder.Build();
    }

    private static Cluster Member(IHost host) => Cluster.Get(host.Services.GetRequiredService<ActorSystem>());

    /// <summary>The application's own serializer.</summary>
    private sealed class ByHand(ExtendedActorSystem system) : SerializerWithStringManifest(system)
    {
        public override int Identifier => 7001;

        public override string Manifest(object o) => o.GetType().Name;

        public override byte[] ToBinary(object obj) => Encoding.UTF8.GetBytes(obj switch
        {
            Order m => $"{m.Customer} {m.Count}",
            Receipt m => $"{m.Customer} {m.Total}",
            _ => throw new ArgumentException($"{obj.GetType()}", nameof(obj)),
        });

        public override object FromBinary(byte[] bytes, string manifest)
        {
            var parts = Encoding.UTF8.GetString(bytes).Split(' ');
            var number = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
            return manifest == nameof(Order) ? new Order(parts[0], number) : new Receipt(parts[0], number);
        }
    }
}
