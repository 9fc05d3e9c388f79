using System.CommandLine;
using AkkaLb.Demo;
using AkkaLb.Programs;

var etcd = new Option<bool>("--etcd") { Description = "register the workers in a real etcd, which the demo starts itself" };
var list = new Option<bool>("--files") { Description = "only print the files that would be counted" };
var paths = new Argument<string[]>("PATH") { Description = "files to count, or folders of such; default: this repository's text files",
    Arity = ArgumentArity.ZeroOrMore };
var command = new RootCommand(
    "Counts the words of real files through a balancer and three workers, and kills a worker in the middle.") { paths, etcd, list };
return await NodeProgram.RunAsync(command, args, parsed => async () =>
{
    var files = TextFiles.Find(parsed.GetValue(paths) ?? []);
    if (parsed.GetValue(list))
    {
        files.ToList().ForEach(Console.Out.WriteLine);
        return ExitCode.Ok;
    }

    return await DemoRun.RunAsync(files, parsed.GetValue(etcd)).ConfigureAwait(false);
}).ConfigureAwait(false);
