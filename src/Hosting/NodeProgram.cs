using System.CommandLine;
using System.Reflection;
using AkkaLb.Core;
using AkkaLb.Hosting.Hocon;
using AkkaLb.Hosting.Streams;

namespace AkkaLb.Hosting;

/// <summary>The frame around every program: command line in, exit code out, and one clear line on standard error for what goes wrong.</summary>
public static class NodeProgram
{
    /// <summary>Version of the program, as <c>--version</c> prints it and the registry shows it.</summary>
    public static string Version { get; } =
        typeof(NodeProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Parses and runs. Actions set on the commands may throw <see cref="SettingsException"/> and <see cref="ProgramException"/>.</summary>
    public static async Task<int> RunAsync(RootCommand command, string[] args)
    {
        var name = command.Name;
        StandardStreams.Install();
        try
        {
            var parsed = command.Parse(args);
            if (parsed.Errors.Count > 0)
            {
                await Console.Error.WriteLineAsync($"{name}: {WithoutTypeNames(OneLine.Of(Worst(parsed)))} (see --help)").ConfigureAwait(false);
                return ExitCode.Usage;
            }

            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            }).ConfigureAwait(false);
        }
        catch (SettingsException e)
        {
            foreach (var problem in e.Problems)
            {
                await Console.Error.WriteLineAsync($"{name}: {OneLine.Of(problem)}").ConfigureAwait(false);
            }

            return ExitCode.Usage;
        }
        catch (ProgramException e)
        {
            if (e.Message.Length > 0)
            {
                await Console.Error.WriteLineAsync($"{name}: {OneLine.Of(e.Message)}").ConfigureAwait(false);
            }

            return e.ExitCode;
        }
    }

    /// <summary>"Cannot parse argument 'x' for option '--n' as expected type 'System.Int32'.": the end says nothing to an operator.</summary>
    private static string WithoutTypeNames(string message) => message.Split(" as expected type", 2)[0];

    /// <summary>A word that nobody knows says more than what is missing because of it: "--jbos 5" without a verb is a slip in a flag.</summary>
    private static string Worst(ParseResult parsed)
    {
        var unknown = parsed.Errors.FirstOrDefault(e => parsed.UnmatchedTokens.Any(t => e.Message.Contains(t, StringComparison.Ordinal)));
        return (unknown ?? parsed.Errors[0]).Message;
    }
}
