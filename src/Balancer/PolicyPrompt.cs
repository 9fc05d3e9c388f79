using System.Runtime.InteropServices;
using AkkaLb.Core.Policies;
using Spectre.Console;

namespace AkkaLb.Balancer;

/// <summary>Asks the operator for the policy.</summary>
internal static class PolicyPrompt
{
    /// <summary>A person can be asked: keys can be read, and the question can be shown on standard error.</summary>
    public static bool IsPossible =>
        !Console.IsInputRedirected && !Console.IsErrorRedirected && NewConsole().Profile.Capabilities is { Interactive: true, Ansi: true };

    /// <summary>Shows the policies on standard error (standard output is for scripts) and returns the name of the chosen one.</summary>
    public static string Ask()
    {
        var console = NewConsole();
        // Ctrl-C ends the program as usual, but the question has hidden the cursor, and the shell would be left without one.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => console.Cursor.Show());
        var width = Policy.All.Max(p => p.Name.Length);
        var chosen = console.Prompt(new SelectionPrompt<Policy>()
            .PageSize(Policy.All.Count)
            .Title("Which [bold]policy[/] picks the worker? It is fixed until the balancer ends. [grey](arrows)[/]")
            .UseConverter(p => $"{p.Name.PadRight(width)}  [grey]{Markup.Escape(p.Meaning)}[/]")
            .AddChoices(Policy.All));
        return chosen.Name;
    }

    private static IAnsiConsole NewConsole() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
}
