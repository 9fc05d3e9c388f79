using System.Globalization;

namespace AkkaLb.Processes.Harness;

/// <summary>The file to which the workers note each finished job.</summary>
public sealed class JobLedgerFile(string path)
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(5);

    public string Path => path;

    /// <summary>What is there so far, whole lines only.</summary>
    public IReadOnlyList<Entry> Read()
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var text = new StreamReader(file).ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Entry.Parse)];
    }

    /// <summary>Waits until so many of the entries fit.</summary>
    public async Task<IReadOnlyList<Entry>> WaitForAsync(int count, Func<Entry, bool>? which = null, TimeSpan? bound = null)
    {
        IReadOnlyList<Entry> entries = [];
        await Waiting.UntilAsync(
            () => (entries = Read()).Count(which ?? (_ => true)) >= count, bound ?? NodeProcess.Bound, ReadEvery, $"{count} finished jobs",
            () => $"{entries.Count} in all");
        return entries;
    }

    /// <summary>A finished job.</summary>
    public sealed record Entry(string Job, int Attempt, string Worker, string Outcome)
    {
        public static Entry Parse(string line)
        {
            var parts = line.Split(' ');
            Assert.Equal(4, parts.Length);
            return new Entry(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture), parts[2], parts[3]);
        }
    }
}
