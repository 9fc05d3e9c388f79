// What is packed and built here takes the whole machine for a while.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
