using System.Net;

namespace AkkaLb.Etcd;

/// <summary>None of the addresses of a name answered.</summary>
/// <param name="tried">Those that were tried, with what went wrong; null: nothing was heard.</param>
internal sealed class NobodyAnsweredException(IReadOnlyList<(IPAddress Address, Exception? Fault)> tried) : Exception("no address answered")
{
    public IReadOnlyList<(IPAddress Address, Exception? Fault)> Tried => tried;
}
