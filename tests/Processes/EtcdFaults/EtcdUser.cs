namespace AkkaLb.Processes.EtcdFaults;

/// <summary>Whom nodes and etcdctl are to etcd.</summary>
/// <param name="PasswordFile">Holds the password, for the nodes.</param>
public sealed record EtcdUser(string Name, string Password, string PasswordFile)
{
    public string[] NodeArguments => ["--etcd-user", Name, "--etcd-password-file", PasswordFile];

    public string[] EtcdctlArguments => ["--user", $"{Name}:{Password}"];
}
