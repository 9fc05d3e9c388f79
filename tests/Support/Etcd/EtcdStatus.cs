using System.Text.Json;

namespace AkkaLb.Tests.Support.Etcd;

/// <summary>What one etcd says of itself: the proof of what was done to it.</summary>
/// <param name="Pid">Of its process.</param>
/// <param name="MemberId">Stays over a restart; differs between members.</param>
/// <param name="Leader">The member that it takes for the leader; 0: none.</param>
public sealed record EtcdStatus(int Pid, string Endpoint, ulong ClusterId, ulong MemberId, long Revision, ulong RaftTerm, ulong Leader)
{
    public bool IsLeader => MemberId == Leader;

    public override string ToString() => FormattableString.Invariant(
        $"pid {Pid}  {Endpoint}  cluster {ClusterId:x}  member {MemberId:x}{(IsLeader ? " (leader)" : "")}  revision {Revision}  ")
        + FormattableString.Invariant($"raft term {RaftTerm}");

    /// <summary>Reads the answer of <c>etcdctl endpoint status -w json</c> for one endpoint.</summary>
    internal static EtcdStatus Parse(int pid, string endpoint, string json)
    {
        using var document = JsonDocument.Parse(json);
        var status = document.RootElement[0].GetProperty("Status");
        var header = status.GetProperty("header");
        return new EtcdStatus(
            pid,
            endpoint,
            header.GetProperty("cluster_id").GetUInt64(),
            header.GetProperty("member_id").GetUInt64(),
            header.GetProperty("revision").GetInt64(),
            header.GetProperty("raft_term").GetUInt64(),
            // Left out when there is none.
            status.TryGetProperty("leader", out var leader) ? leader.GetUInt64() : 0);
    }
}
