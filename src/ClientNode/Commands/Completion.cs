namespace AkkaLb.ClientNode.Commands;

/// <summary>The verb <c>completion</c>: prints what a shell needs to complete the program's verbs and flags. The program itself is asked for the
/// words, so the script fits every version.</summary>
internal static class Completion
{
    public static readonly string[] Shells = ["bash", "zsh", "fish"];

    /// <param name="shell">One of <see cref="Shells"/>.</param>
    /// <param name="program">As it is called.</param>
    public static string ScriptFor(string shell, string program)
    {
        var function = "_" + string.Concat(program.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        return shell switch
        {
            // The line without the program's name, up to the cursor.
            "bash" => $$"""
                {{function}}() {
                  local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
                  line="${line#*[[:space:]]}"
                  COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
                }
                complete -o default -F {{function}} {{program}}
                """,
            "zsh" => $$"""
                #compdef {{program}}
                {{function}}() {
                  local line="${BUFFER[1,CURSOR]#*[[:space:]]}"
                  local -a words_found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
                  compadd -a words_found
                }
                compdef {{function}} {{program}}
                """,
            "fish" => $$"""
                function {{function}}
                  set -l line (string replace -r '^\S+\s' '' -- (commandline -cp))
                  {{program}} "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
                end
                complete -c {{program}} -a '({{function}})'
                """,
            _ => throw new ArgumentException($"{shell} is none of {string.Join(", ", Shells)}", nameof(shell)),
        };
    }
}
