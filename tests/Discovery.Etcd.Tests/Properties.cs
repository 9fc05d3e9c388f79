// They wait for etcd, for leases to end and for time-outs: two at a time leave the machine idle.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
