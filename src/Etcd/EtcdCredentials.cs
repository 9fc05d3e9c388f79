namespace AkkaLb.Etcd;

/// <summary>A user of etcd's own authentication. The password appears in no message and no log.</summary>
public sealed class EtcdCredentials
{
    /// <exception cref="ArgumentException">The user or the password is empty.</exception>
    public EtcdCredentials(string user, string password)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        ArgumentException.ThrowIfNullOrEmpty(password);
        (User, Password) = (user, password);
    }

    public string User { get; }

    internal string Password { get; }

    public override string ToString() => $"user '{User}'";
}
