// Each of these is several processes already.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
