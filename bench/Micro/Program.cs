using System.Globalization;
using AkkaLb.Bench.Micro;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

// dotnet run -c Release --project bench/Micro [-- --long] [-- --filter '*Codec*']
// Without --long: short runs, all of it in a few minutes. Whatever else is given goes to BenchmarkDotNet.
var isLong = args.Contains("--long");
var others = args.Where(a => a is not ("--long" or "--short")).ToArray();

// In this process: a build for each benchmark would take longer than the benchmarks.
var job = (isLong ? Job.Default : Job.Default.WithWarmupCount(3).WithIterationCount(7).WithIterationTime(TimeInterval.FromMilliseconds(100)))
    .WithToolchain(InProcessEmitToolchain.Instance);
var config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddExporter(MarkdownExporter.GitHub)
    .AddLogger(ConsoleLogger.Default)
    .WithSummaryStyle(SummaryStyle.Default.WithCultureInfo(CultureInfo.InvariantCulture).WithTimeUnit(TimeUnit.Nanosecond))
    .WithOptions(ConfigOptions.DisableLogFile);
BenchmarkSwitcher.FromTypes([typeof(PickBenchmarks), typeof(CodecBenchmarks)]).Run(others.Length == 0 ? ["--filter", "*"] : others, config);
