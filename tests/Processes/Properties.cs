// These tests start up to six processes each and measure times: one after another.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
