return await AkkaLb.WorkerNode.WorkerHost.RunAsync(args).ConfigureAwait(false);
