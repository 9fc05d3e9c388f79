using AkkaLb.Bench.Lab.Engine;
using AkkaLb.Bench.Lab.Work;

namespace AkkaLb.Bench.Lab;

/// <summary>How settings are called on the command line, in JSON and in tables.</summary>
internal static class Words
{
    public static string Of(Discipline discipline) => discipline switch
    {
        Discipline.Fifo => "fifo",
        Discipline.Shared => "shared",
    };

    public static string Of(Durations durations) => durations switch
    {
        Durations.Exponential => "exponential",
        Durations.Pareto => "pareto",
        Durations.File => "file",
    };
}
