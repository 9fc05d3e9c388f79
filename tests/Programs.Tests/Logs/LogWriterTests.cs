using AkkaLb.Programs.Logs;

namespace AkkaLb.Programs.Tests.Logs;

public sealed class LogWriterTests
{
    [Fact]
    public async Task Lines_beyond_the_bound_are_counted_and_nobody_waits_for_a_reader()
    {
        var target = new SlowTarget();
        await using (var log = new LogWriter(target, linesMax: 2))
        {
            log.Write("first");
            await target.Begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
            foreach (var line in new[] { "a", "b", "c", "d" })
            {
                log.Write(line);
            }

            target.Room.SetResult();
        }

        Assert.Equal(
            ["first", "... and log lines were left out, because standard error was not read fast enough: 2", "a", "b"],
            target.Lines);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_ends_nothing_and_is_tried_again()
    {
        var target = new FullTarget();
        await using (var log = new LogWriter(target))
        {
            log.Write("lost");
            log.Write("kept");
        }

        Assert.Equal(["kept"], target.Lines);
    }

    private sealed class SlowTarget : StringWriter
    {
        public TaskCompletionSource Begun { get; } = new();

        public TaskCompletionSource Room { get; } = new();

        public List<string> Lines { get; } = [];

        public override void WriteLine(string? value)
        {
            Begun.TrySetResult();
            Room.Task.Wait(TimeSpan.FromSeconds(30));
            Lines.Add(value!);
        }
    }

    private sealed class FullTarget : StringWriter
    {
        public List<string> Lines { get; } = [];

        public override void WriteLine(string? value)
        {
            if (value == "lost")
            {
                throw new IOException("No space left on device");
            }

            Lines.Add(value!);
        }
    }
}
