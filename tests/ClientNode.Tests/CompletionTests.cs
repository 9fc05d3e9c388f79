using System.Diagnostics;
using AkkaLb.ClientNode.Commands;

namespace AkkaLb.ClientNode.Tests;

public sealed class CompletionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("akkalb-completion-").FullName;

    [Fact]
    public void Bash_asks_the_program_for_the_words_at_the_cursor()
    {
        // Stands for the program, and says what it was asked.
        var program = Path.Combine(_folder, "akkalb-client");
        File.WriteAllText(program, "#!/bin/bash\nprintf '%s\\n' \"$1\" \"$2\" > \"$0.asked\"\nprintf '%s\\n' drain --wait\n");
        var script = Path.Combine(_folder, "completion.bash");
        File.WriteAllText(script, Completion.ScriptFor("bash", "akkalb-client"));

        var words = Bash(
            $"chmod u+x '{program}'; source '{script}'; "
            + $"COMP_LINE='{program} drain --w'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=('{program}' drain --w); COMP_CWORD=2; "
            + "_akkalb_client; echo \"${COMPREPLY[*]}\"; complete -p akkalb-client");

        Assert.Equal("--wait\ncomplete -o default -F _akkalb_client akkalb-client\n", words);
        Assert.Equal("[suggest:9]\ndrain --w\n", File.ReadAllText(program + ".asked"));
    }

    [Fact]
    public void Each_shell_has_a_script_and_another_has_none()
    {
        Assert.All(Completion.Shells, shell => Assert.Contains("[suggest:", Completion.ScriptFor(shell, "akkalb-client"), StringComparison.Ordinal));
        Assert.Throws<ArgumentException>(() => Completion.ScriptFor("tcsh", "akkalb-client"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Bash(string commands)
    {
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", "-c", commands]) { RedirectStandardOutput = true })!;
        var output = bash.StandardOutput.ReadToEnd();
        bash.WaitForExit();
        return output;
    }
}
