using System.Reflection;
using System.Runtime.CompilerServices;
using PublicApiGenerator;

namespace AkkaLb.Packages;

/// <summary>What others may call is held, so that a change is seen where it is made.</summary>
public sealed class ApiTests
{
    /// <summary>Without what the compiler numbers as it likes.</summary>
    private static readonly ApiGeneratorOptions Options = new()
    {
        IncludeAssemblyAttributes = false,
        ExcludeAttributes = [typeof(AsyncIteratorStateMachineAttribute).FullName!, typeof(IteratorStateMachineAttribute).FullName!],
    };

    [Theory]
    [Trait(Held.Trait, Held.Files)]
    [MemberData(nameof(Library.Names), MemberType = typeof(Library))]
    public void The_public_surface_of_a_library_is_the_one_that_is_held(string name) =>
        Held.Check($"{name}.txt", Assembly.Load(name).GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'));

    [Fact]
    [Trait(Held.Trait, Held.Files)]
    public void Nothing_is_held_for_a_library_that_is_gone() =>
        Held.CheckNames(Library.All.SelectMany(library => new[] { $"{library.Name}.txt", $"{library.Name}.needs.txt" }));

    [Fact]
    public void A_difference_is_shown_with_its_lines_and_the_type_that_it_is_in()
    {
        string[] before = ["namespace N", "{", "    public class C", "    {", "        a;", "        b;", "        c;", "        d;", "    }", "}"];
        var after = before.Select(line => line.Trim() == "d;" ? "        e;" : line).ToArray();
        string[] expected = ["@ public class C", "          b;", "          c;", "-         d;", "+         e;", "      }", "  }"];
        Assert.Equal(expected, LineDiff.Of(before, after));
        Assert.Empty(LineDiff.Of(before, before));
        Assert.Equal(before.Select(line => $"+ {line}"), LineDiff.Of([], before));
    }
}
