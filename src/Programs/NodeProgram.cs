using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;
using AkkaLb.Core;
using AkkaLb.Programs.Hocon;
using AkkaLb.Programs.Streams;

namespace AkkaLb.Programs;

/// <summary>The frame around every program: command line in, exit code out, and one clear line on standard error for each thing that is
/// wrong.</summary>
public static class NodeProgram
{
    /// <summary>Version of the program, as <c>--version</c> prints it and the registry shows it.</summary>
    public static string Version { get; } =
        typeof(NodeProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Reads everything, and runs when nothing is wrong.</summary>
    /// <param name="prepare">Reads flags and settings, and returns what to run. It is called even if the command line has mistakes, so that those
    /// of the settings are named in the same round. May throw <see cref="SettingsException"/>.</param>
    /// <returns>The exit code. What runs may throw <see cref="ProgramException"/>.</returns>
    public static async Task<int> RunAsync(RootCommand command, string[] args, Func<ParseResult, Func<Task<int>>> prepare)
    {
        StandardStreams.Install();
        try
        {
            // Names that begin with @ are names, and no files with more of the command line in them.
            var parsed = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Action is not (null or ParseErrorAction))
            {
                return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
            }

            var problems = FlagProblems.In(parsed).ToList();
            if (Prepare(prepare, parsed, problems) is { } run && problems.Count == 0)
            {
                return await run().ConfigureAwait(false);
            }

            foreach (var problem in problems)
            {
                await TellAsync(command, problem).ConfigureAwait(false);
            }

            return ExitCode.Usage;
        }
        catch (ProgramException e)
        {
            if (e.Message.Length > 0)
            {
                await TellAsync(command, e.Message).ConfigureAwait(false);
            }

            return e.ExitCode;
        }
    }

    private static Func<Task<int>>? Prepare(Func<ParseResult, Func<Task<int>>> prepare, ParseResult parsed, List<string> problems)
    {
        try
        {
            return prepare(parsed);
        }
        catch (SettingsException e)
        {
            problems.AddRange(e.Problems);
            return null;
        }
    }

    private static Task TellAsync(RootCommand command, string sentence) => Console.Error.WriteLineAsync($"{command.Name}: {OneLine.Of(sentence)}");
}
