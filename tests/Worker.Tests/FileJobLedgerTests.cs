using AkkaLb.Core;

namespace AkkaLb.Worker.Tests;

public sealed class FileJobLedgerTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void A_line_says_job_attempt_worker_and_outcome()
    {
        using var ledger = new FileJobLedger(_path, "w1");
        ledger.Finished(new JobId(255, 3), 2, JobOutcomes.Done);
        Assert.Equal("ff-3 2 w1 done\n", File.ReadAllText(_path));
    }

    [Fact]
    public void Workers_that_share_a_file_lose_no_lines()
    {
        Parallel.For(0, 4, worker =>
        {
            using var ledger = new FileJobLedger(_path, $"w{worker}");
            for (var i = 0; i < 1000; i++)
            {
                ledger.Finished(new JobId(worker, i), 1, JobOutcomes.Failed);
            }
        });
        var lines = File.ReadAllLines(_path);
        Assert.Equal(4000, lines.Distinct().Count());
        Assert.All(lines, line => Assert.Matches("^[0-3]-[0-9]+ 1 w[0-3] failed$", line));
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named_with_the_cause()
    {
        var e = Assert.Throws<IOException>(() => new FileJobLedger("/nowhere/ledger", "w1"));
        Assert.Contains("/nowhere/ledger cannot be opened: No such file or directory", e.Message, StringComparison.Ordinal);
    }
}
