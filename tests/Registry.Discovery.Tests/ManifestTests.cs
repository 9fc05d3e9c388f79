using Akka.Configuration;
using k8s;
using k8s.Models;

namespace AkkaLb.Registry.Discovery.Tests;

/// <summary>The sample's manifests for Kubernetes beside its configuration.</summary>
public sealed class ManifestTests
{
    private readonly Config _config = ConfigurationFactory.ParseString(Shipped("kubernetes.hocon"));
    private readonly List<object> _manifests = KubernetesYaml.LoadAllFromString(Shipped("kubernetes.yaml"));

    private Config Bootstrap => _config.GetConfig("akka.management.cluster.bootstrap.contact-point-discovery");

    private Config Balancers => _config.GetConfig("sample.balancers");

    private V1Deployment Deployment => Assert.Single(_manifests.OfType<V1Deployment>());

    private V1Container Container => Assert.Single(Deployment.Spec.Template.Spec.Containers);

    [Fact]
    public void The_pods_have_the_label_and_the_ports_that_the_configuration_looks_for()
    {
        var label = Deployment.Spec.Template.Metadata.Labels["app"];
        Assert.Equal([label, label], [Bootstrap.GetString("service-name"), Balancers.GetString("service")]);
        var ports = Container.Ports.ToDictionary(p => p.Name, p => $"{p.ContainerPort}");
        var (remoting, management) = (ports[Balancers.GetString("port-name")], ports[Bootstrap.GetString("port-name")]);
        Assert.Equal(["kubernetes.hocon", "$(POD_NAME)", "$(POD_IP)", remoting, management], Container.Args);
        Assert.Equal(["POD_NAME", "POD_IP"], Container.Env.Select(e => e.Name));
        Assert.InRange(Bootstrap.GetInt("required-contact-point-nr"), 2, Deployment.Spec.Replicas!.Value);
        Assert.Equal(Deployment.Spec.Selector.MatchLabels, Assert.Single(_manifests.OfType<V1Service>()).Spec.Selector);
    }

    [Fact]
    public void Their_service_account_may_list_pods()
    {
        var account = Assert.Single(_manifests.OfType<V1ServiceAccount>()).Metadata.Name;
        var role = Assert.Single(_manifests.OfType<V1Role>());
        var binding = Assert.Single(_manifests.OfType<V1RoleBinding>());
        Assert.Equal(account, Deployment.Spec.Template.Spec.ServiceAccountName);
        Assert.Equal((role.Metadata.Name, account), (binding.RoleRef.Name, Assert.Single(binding.Subjects).Name));
        var rule = Assert.Single(role.Rules);
        Assert.Equal(["pods"], rule.Resources);
        Assert.Contains("list", rule.Verbs);
    }

    private static string Shipped(string file) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, file));
}
