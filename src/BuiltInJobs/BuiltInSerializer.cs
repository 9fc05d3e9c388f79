using Akka.Actor;
using Akka.Configuration;
using AkkaLb.BuiltInJobs.Words;
using AkkaLb.Messages;
using Google.Protobuf;
using static AkkaLb.Messages.WireFields;
using static AkkaLb.Messages.WireRow;

namespace AkkaLb.BuiltInJobs;

/// <summary>Writes and reads the built-in jobs and their answers as protobuf.</summary>
/// <remarks>To AkkaLb they are an application's messages, so both sides bind them with <see cref="Binding"/>. Thread-safe.</remarks>
public sealed class BuiltInSerializer(ExtendedActorSystem system) : WireSerializer(system, Rows)
{
    private static readonly WireRow[] Rows =
    [
        Of("w", Wire.WordsJob.Parser,
            (WordsJob m) => new() { Text = UnsafeByteOperations.UnsafeWrap(m.Text), PaceMs = Ms32(m.Pace) },
            m => new(m.Text.Memory, Duration(m.PaceMs))),
        Of("wd", Wire.WordsResult.Parser,
            (WordsResult m) => new()
            {
                Words = checked((ulong)m.Summary.Words), StartsInWord = m.Summary.StartsInWord, EndsInWord = m.Summary.EndsInWord,
                HasSpace = m.Summary.HasSpace,
            },
            m => new(new WordSummary(checked((long)m.Words), m.StartsInWord, m.EndsInWord, m.HasSpace))),
        Of("spin", Wire.SpinJob.Parser, (SpinJob m) => new() { Ms = Ms32(m.Duration) }, m => new(Duration(m.Ms))),
        Of("primes", Wire.PrimesJob.Parser, (PrimesJob m) => new() { Below = checked((uint)m.Below) }, m => new(checked((int)m.Below))),
        Of("sleep", Wire.SleepJob.Parser, (SleepJob m) => new() { Ms = Ms32(m.Duration) }, m => new(Duration(m.Ms))),
        Of("hold", Wire.HoldJob.Parser,
            (HoldJob m) => new() { Mebibytes = checked((uint)m.Mebibytes), Ms = Ms32(m.Duration) },
            m => new(checked((int)m.Mebibytes), Duration(m.Ms))),
        Of("n", Wire.NumberResult.Parser, (NumberResult m) => new() { Value = m.Value }, m => new(m.Value)),
    ];

    /// <summary>Goes over the configuration of a system that sends these jobs or does them.</summary>
    public static Config Binding { get; } = ConfigurationFactory.ParseString(
        """
        akka.actor {
          serializers.akkalb-built-in = "AkkaLb.BuiltInJobs.BuiltInSerializer, AkkaLb.BuiltInJobs"
          serialization-bindings."AkkaLb.BuiltInJobs.IBuiltInMessage, AkkaLb.BuiltInJobs" = akkalb-built-in
        }
        """);

    public override int Identifier => 4055;
}
