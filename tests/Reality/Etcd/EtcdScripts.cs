namespace AkkaLb.Reality.Etcd;

/// <summary>What is done to an etcd, and what comes of it.</summary>
/// <remarks>
/// <para>Processes are p, q and a stranger; w1 and w2 are ids; L1 is the first lease that showed. The words: <c>register p w1</c>
/// (<c>register-short</c>: under a lease of 3 s), <c>renew L1</c>, <c>update p w1 L1 draining</c>, <c>look w1</c>,
/// <c>put-back p w1 L1 seen</c> (at the revision that the last look saw; <c>missing</c>: as if nothing had been there), <c>revoke L1</c>,
/// <c>delete w1</c>, <c>write-over w1</c> and <c>write-over-leased w1</c> by hand.</para>
/// <para><c>watch</c> begins one, <c>told</c> is the next event of it. <c>cut</c> and <c>mend</c> are its way to etcd. The others are
/// <c>compact</c>, <c>backup</c>, <c>down</c>, <c>wipe</c> and <c>restore</c> (each of which takes it down), <c>up</c>; <c>outlast</c> lets the time
/// of such a lease pass.</para>
/// </remarks>
internal static class EtcdScripts
{
    public static IReadOnlyList<EtcdScript> All { get; } =
    [
        new("a registration, another process, and the same one again", """
            watch
            told = snapshot
            register p w1 = L1
            told = w1 p up order 1, revision +1
            register q w1 = in use by p
            register p w1 = L2
            told = w1 p up order 1, revision +2
            renew L1 = kept
            revoke L1
            look w1 = p up under L2, revision +2
            revoke L2
            told = w1 gone, revision +3
            look w1 = missing
            renew L2 = lost
            """),
        new("an update, and one under a lease that is gone", """
            register p w1 = L1
            update p w1 L1 draining = yes
            look w1 = p draining under L1, revision +2
            revoke L1
            update p w1 L1 up = no
            put-back p w1 L1 missing = no
            register q w1 = L2
            update p w1 L1 up = no
            register p w1 = in use by q
            look w1 = q up under L2, revision +4
            """),
        new("an entry that was deleted by hand is put back", """
            watch
            told = snapshot
            register p w1 = L1
            told = w1 p up order 1, revision +1
            delete w1
            told = w1 gone, revision +2
            look w1 = missing
            renew L1 = kept
            update p w1 L1 up = no
            put-back p w1 L1 seen = yes
            told = w1 p up order 2, revision +3
            put-back p w1 L1 missing = no
            look w1 = p up under L1, revision +3
            put-back p w1 L1 seen = yes
            told = w1 p up order 2, revision +4
            put-back p w1 L1 seen = no
            """),
        new("an entry is written over without a lease", """
            watch
            told = snapshot
            register p w1 = L1
            told = w1 p up order 1, revision +1
            write-over w1
            told = w1 gone, revision +2
            update p w1 L1 up = no
            look w1 = stranger up under no lease, revision +2
            put-back p w1 L1 seen = yes
            told = w1 p up order 1, revision +3
            write-over w1
            told = w1 gone, revision +4
            register q w1 = L2
            told = w1 q up order 1, revision +5
            """),
        new("an entry is written over under a stranger's lease", """
            watch
            told = snapshot
            register p w1 = L1
            told = w1 p up order 1, revision +1
            write-over-leased w1
            told = w1 stranger up order 1, revision +2
            renew L1 = kept
            update p w1 L1 up = no
            register p w1 = in use by stranger
            look w1 = stranger up under L2, revision +2
            revoke L1
            look w1 = stranger up under L2, revision +2
            """),
        new("a lease runs out", """
            watch
            told = snapshot
            register-short p w1 = L1
            told = w1 p up order 1, revision +1
            told = w1 gone, revision +2
            renew L1 = lost
            look w1 = missing
            put-back p w1 L1 seen = no
            register p w1 = L2
            told = w1 p up order 2, revision +3
            """),
        new("a watch that was cut continues behind what it has told", """
            register p w1 = L1
            watch
            told = snapshot, w1 p up order 1
            cut
            told = disconnected
            compact
            register q w2 = L2
            update q w2 L2 draining = yes
            revoke L1
            mend
            told = connected
            told = w2 q up order 2, revision +2
            told = w2 q draining order 2, revision +3
            told = w1 gone, revision +4
            """),
        new("what a cut watch has missed is compacted", """
            register p w1 = L1
            watch
            told = snapshot, w1 p up order 1
            cut
            told = disconnected
            register q w2 = L2
            revoke L1
            compact
            mend
            told = connected
            told = snapshot, w2 q up order 2
            register p w1 = L3
            told = w1 p up order 3, revision +4
            """),
        new("etcd is away for longer than a lease lives", """
            watch
            told = snapshot
            register-short p w1 = L1
            told = w1 p up order 1, revision +1
            down
            told = disconnected
            outlast
            up
            renew L1 = kept
            told = connected
            told = w1 gone, revision +2
            """),
        new("etcd comes back empty", """
            register p w1 = L1
            watch
            told = snapshot, w1 p up order 1
            wipe
            told = disconnected
            up
            told = connected
            told = snapshot
            renew L1 = lost
            register p w1 = L2
            told = w1 p up order 1, revision +1
            """),
        new("etcd comes back as it was", """
            register p w1 = L1
            backup
            register q w2 = L2
            watch
            told = snapshot, w1 p up order 1, w2 q up order 2
            restore
            told = disconnected
            up
            told = connected
            told = snapshot, w1 p up order 1
            renew L1 = kept
            renew L2 = lost
            register q w2 = L3
            told = w2 q up order 2, revision +2
            """),
    ];
}
