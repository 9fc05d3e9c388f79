using k8s;
using k8s.Models;

namespace AkkaLb.Deployment.Tests;

/// <summary>The manifests are of Kubernetes' own types, and what they give the programs are settings.</summary>
public sealed class KubernetesTests
{
    private static readonly string[] Files = ["settings.yaml", "etcd.yaml", "balancer.yaml", "worker.yaml", "network.yaml"];

    private readonly List<object> _manifests =
        [.. Files.Append("client.yaml").SelectMany(file => KubernetesYaml.LoadAllFromString(Shipped.Text($"kubernetes/{file}"), strict: true))];

    public static TheoryData<string, string> Probes => new() { { "balancer", "Deployment" }, { "worker", "StatefulSet" } };

    private IDictionary<string, string> Common => Assert.Single(_manifests.OfType<V1ConfigMap>()).Data;

    [Fact]
    public void The_kustomization_names_every_manifest_but_the_clients_job()
    {
        Assert.Equal(Files, ((List<object>)Shipped.Yaml("kubernetes/kustomization.yaml")["resources"]).Cast<string>());
        Assert.Equal(
            Files.Concat(["client.yaml", "kustomization.yaml"]).Order(StringComparer.Ordinal),
            Directory.GetFiles(Shipped.Path("kubernetes")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("balancer")]
    [InlineData("worker")]
    [InlineData("client")]
    public void The_variables_of_a_pod_are_settings_of_its_program_and_its_host_is_its_address(string program)
    {
        var pod = PodOf(program).Spec;
        var container = Assert.Single(pod.Containers);
        Assert.Equal($"akkalb-{program}", container.Command[0]);
        Assert.Equal("akkalb", Assert.Single(container.EnvFrom).ConfigMapRef.Name);
        Assert.Equal("status.podIP", container.Env.Single(e => e.Name == "AKKALB__HOST").ValueFrom.FieldRef.FieldPath);

        var variables = Common.Concat(container.Env.Select(e => KeyValuePair.Create(e.Name, ValueOf(e)))).ToDictionary(v => v.Key, v => v.Value);
        Shipped.Load(program, null, variables);
        string[] listening = [variables["AKKALB__PORT"], variables["AKKALB__HTTP__PORT"]];
        Assert.All(container.Ports ?? [], port => Assert.Contains($"{port.ContainerPort}", listening));
    }

    [Theory]
    [MemberData(nameof(Probes))]
    public void A_node_is_probed_and_has_time_to_drain(string program, string kind)
    {
        Assert.Contains(_manifests, m => m is IKubernetesObject<V1ObjectMeta> o && o.Kind == kind && o.Metadata.Name == $"akkalb-{program}");
        var pod = PodOf(program).Spec;
        var container = Assert.Single(pod.Containers);
        Assert.Equal(
            ("/livez", "/readyz", "http", "http"),
            (container.LivenessProbe.HttpGet.Path, container.ReadinessProbe.HttpGet.Path, container.LivenessProbe.HttpGet.Port.Value,
                container.ReadinessProbe.HttpGet.Port.Value));

        // The check itself takes three seconds at most.
        Assert.True(container.ReadinessProbe.TimeoutSeconds > 3);
        var least = program == "worker" ? Shipped.WorkerStop : TimeSpan.FromSeconds(30);
        Assert.True(TimeSpan.FromSeconds(pod.TerminationGracePeriodSeconds!.Value) >= least);
        var budget = _manifests.OfType<V1PodDisruptionBudget>().Single(b => b.Metadata.Name == $"akkalb-{program}");
        Assert.Equal(PodOf(program).Metadata.Labels["app"], budget.Spec.Selector.MatchLabels["app"]);
    }

    [Theory]
    [InlineData("balancer")]
    [InlineData("worker")]
    [InlineData("client")]
    [InlineData("etcd")]
    public void A_pod_may_do_nothing_that_it_does_not_need(string program)
    {
        var pod = PodOf(program).Spec;
        Assert.True(pod.SecurityContext is { RunAsNonRoot: true, RunAsUser: > 0, SeccompProfile.Type: "RuntimeDefault" });
        Assert.False(pod.AutomountServiceAccountToken);
        var security = Assert.Single(pod.Containers).SecurityContext;
        Assert.True(security is { AllowPrivilegeEscalation: false, ReadOnlyRootFilesystem: true, Capabilities.Drop: ["ALL"] });
    }

    [Fact]
    public void Only_nodes_reach_nodes_and_etcd()
    {
        var policies = _manifests.OfType<V1NetworkPolicy>().ToDictionary(p => p.Metadata.Name, p => p.Spec);
        Assert.All(["balancer", "worker", "client"], program => Assert.Equal("node", PodOf(program).Metadata.Labels["akkalb"]));
        Assert.Equal("node", policies["akkalb-nodes"].PodSelector.MatchLabels["akkalb"]);
        Assert.Equal(PodOf("etcd").Metadata.Labels["app"], policies["akkalb-etcd"].PodSelector.MatchLabels["app"]);
        Assert.All(policies.Values, policy => Assert.All(policy.Ingress, rule => Assert.NotEmpty(rule.FromProperty)));
    }

    private static string ValueOf(V1EnvVar variable) => variable.Value ?? variable.ValueFrom.FieldRef.FieldPath switch
    {
        "status.podIP" => "10.1.2.3",
        "metadata.name" => "akkalb-worker-0",
        var other => throw new ArgumentException(other),
    };

    private V1PodTemplateSpec PodOf(string program) => _manifests.Select(manifest => manifest switch
    {
        V1Deployment d when d.Metadata.Name == $"akkalb-{program}" => d.Spec.Template,
        V1StatefulSet s when s.Metadata.Name == $"akkalb-{program}" => s.Spec.Template,
        V1Job j when j.Metadata.Name == $"akkalb-{program}" => j.Spec.Template,
        _ => null,
    }).Single(template => template is not null)!;
}
