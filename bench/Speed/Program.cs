using System.Globalization;
using AkkaLb.Bench.Speed;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args)
{
    case ["serve", var transport]:
        await Node.ServeAsync(transport);
        return 0;
    case ["drive", var transport, var server]:
        await Node.DriveAsync(transport, server);
        return 0;
}

var rounds = int.Parse(args.ElementAtOrDefault(0) ?? "5");
var seconds = double.Parse(args.ElementAtOrDefault(1) ?? "0.5");
var calls = (args.ElementAtOrDefault(2) ?? "ask").Split(',');
var transports = (args.ElementAtOrDefault(3) ?? "dotnetty,pipelines").Split(',');
AppDomain.CurrentDomain.ProcessExit += (_, _) => ChildProcess.KillAll();
var contenders = new List<(string Name, ChildProcess Driver, ChildProcess Server, string Call)>();
foreach (var t in transports)
{
    var server = await ChildProcess.StartAsync(ChildProcess.OwnAssembly, "serve", t);
    var driver = await ChildProcess.StartAsync(ChildProcess.OwnAssembly, "drive", t, server.Ready[2]);
    contenders.AddRange(calls.Select(c => ($"{c}-{t}", driver, server, c)));
}

foreach (var n in new[] { 1, 32, 128 })
{
    foreach (var c in contenders)
    {
        await Slice(c, n, 1.5);
    }
}

foreach (var n in new[] { 1, 32, 128 })
{
    var results = contenders.ToDictionary(c => c.Name, _ => new List<double[]>());
    for (var r = 0; r < rounds; r++)
    {
        foreach (var c in r % 2 == 0 ? contenders : Enumerable.Reverse(contenders))
        {
            results[c.Name].Add(await Slice(c, n, seconds));
        }
    }

    foreach (var (name, list) in results)
    {
        string S(int i, string f) => string.Join("/", list.Select(l => l[i]).Order().ToArray() is var a
            ? new[] { a[0], a[a.Length / 2], a[^1] }.Select(x => x.ToString(f)) : []);
        Console.WriteLine($"{n,4} {name,-18} p50 {S(0, "0"),-14} p99 {S(1, "0"),-16} rate {S(2, "#,0"),-26} cpu {S(3, "0.0"),-16} "
            + $"there {S(4, "0.0"),-16} alloc {S(5, "0")}");
    }
}

ChildProcess.KillAll();
return 0;

static async Task<double[]> Slice((string Name, ChildProcess Driver, ChildProcess Server, string Call) c, int n, double s)
{
    var before = c.Server.Processor;
    var w = (await c.Driver.AskAsync($"{c.Call} {n} {s}")).Split(' ');
    var there = (c.Server.Processor - before).TotalMicroseconds;
    var v = w.Skip(1).Select(double.Parse).ToArray();
    return [v[2] / 1000, v[3] / 1000, v[0] / v[1] * 1e9, v[4] / 1000 / v[0] , there / v[0], v[5] / v[0]];
}
