using System.Text;
using AkkaLb.Core;
using AkkaLb.Registry.Etcd;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using static AkkaLb.Registry.Tests.Etcd.Workers;

namespace AkkaLb.Registry.Tests.Etcd;

public sealed class RegistryValueTests
{
    private const string Golden =
        """{"path":"akka.tcp://AkkaLb@127.0.0.1:4100/user/worker#7","incarnation":7,"state":"draining","capacity":64,"heartbeatMs":1000,"version":"0.1.0"}""";

    private static readonly WorkerRecord Draining = Worker("w1", incarnation: 7) with { State = WorkerState.Draining };

    [Fact]
    public void The_bytes_written_are_the_golden_ones() => Assert.Equal(Golden, Encoding.UTF8.GetString(RegistryValue.Write(Draining)));

    [Fact]
    public void The_golden_bytes_are_read()
    {
        Assert.True(RegistryValue.TryParse("w1", Bytes(Golden), out var worker, out var problem), problem);
        Assert.Equal(Draining, worker);
    }

    [Fact]
    public void A_reason_is_written_as_one_line_and_read_back()
    {
        var json = RegistryValue.Write(Draining with { Reason = "no\ndisk" });

        Assert.Equal(Golden.Replace("}", ""","reason":"no disk"}""", StringComparison.Ordinal), Encoding.UTF8.GetString(json));
        Assert.True(RegistryValue.TryParse("w1", json, out var worker, out _));
        Assert.Equal(Draining with { Reason = "no disk" }, worker);
    }

    [Fact]
    public void A_zone_is_written_and_read_back()
    {
        var json = RegistryValue.Write(Draining with { Zone = "eu-1" });

        Assert.Equal(Golden.Replace("}", ""","zone":"eu-1"}""", StringComparison.Ordinal), Encoding.UTF8.GetString(json));
        Assert.True(RegistryValue.TryParse("w1", json, out var worker, out _));
        Assert.Equal(Draining with { Zone = "eu-1" }, worker);
        AssertProblem(Encoding.UTF8.GetString(json).Replace("eu-1", "eu 1", StringComparison.Ordinal), "'zone' must be 1 to 64 letters");
    }

    [Fact]
    public void That_jobs_can_be_cancelled_is_written_and_read_back()
    {
        var json = RegistryValue.Write(Draining with { TakesCancel = true });

        Assert.Equal(Golden.Replace("}", ""","takesCancel":1}""", StringComparison.Ordinal), Encoding.UTF8.GetString(json));
        Assert.True(RegistryValue.TryParse("w1", json, out var worker, out _));
        Assert.Equal(Draining with { TakesCancel = true }, worker);
        AssertProblem(Encoding.UTF8.GetString(json).Replace("l\":1}", "l\":2}", StringComparison.Ordinal), "'takesCancel' must be a whole number");
    }

    [Fact]
    public void That_batches_are_taken_is_written_and_read_back()
    {
        var json = RegistryValue.Write(Draining with { TakesBatches = true });

        Assert.Equal(Golden.Replace("}", ""","takesBatches":1}""", StringComparison.Ordinal), Encoding.UTF8.GetString(json));
        Assert.True(RegistryValue.TryParse("w1", json, out var worker, out _));
        Assert.Equal(Draining with { TakesBatches = true }, worker);
        AssertProblem(Encoding.UTF8.GetString(json).Replace("s\":1}", "s\":2}", StringComparison.Ordinal), "'takesBatches' must be a whole number");
    }

    [Fact]
    public void Fields_of_a_newer_version_are_skipped() =>
        Assert.True(RegistryValue.TryParse("w1", Bytes(Golden.Replace("{", """{"rack":{"a":[1]},""", StringComparison.Ordinal)), out _, out _));

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("null", "not a JSON object")]
    [InlineData("{}", "'path' is missing")]
    [InlineData("""{"path":1}""", "'path' must be a string, not number")]
    [InlineData("""{"path":"\ud800"}""", "'path' is no valid Unicode text")]
    [InlineData("""{"path":"a","path":"b"}""", "not JSON")]
    public void What_is_no_value_at_all_is_refused(string json, string expected) => AssertProblem(json, expected);

    [Theory]
    [InlineData("akka.tcp://AkkaLb@127.0.0.1:4100/user/worker#7", "/user/worker#7", "'path' is no absolute actor path")]
    [InlineData(":7,", ":0,", "'incarnation' must be a whole number from 1")]
    [InlineData(":7,", ":-7,", "'incarnation' must be")]
    [InlineData(":7,", ":7.5,", "'incarnation' must be")]
    [InlineData(":7,", ":\"7\",", "'incarnation' must be a number, not string")]
    [InlineData(":7,", ":9223372036854775808,", "'incarnation' must be")]
    [InlineData("draining", "Draining", "'state' must be 'up' or 'draining'")]
    [InlineData("draining", "", "'state' must be 'up' or 'draining'")]
    [InlineData(":64", ":0", "'capacity' must be")]
    [InlineData(":64", ":2147483648", "'capacity' must be")]
    [InlineData(":1000", ":null", "'heartbeatMs' must be a number, not null")]
    [InlineData("0.1.0", "0.1\\n0", "'version' is longer than")]
    public void A_field_out_of_type_or_range_is_named(string good, string bad, string expected) =>
        AssertProblem(Golden.Replace(good, bad, StringComparison.Ordinal), expected);

    [Fact]
    public void A_value_above_the_size_bound_is_not_even_parsed() => AssertProblem(Golden + new string(' ', 4096), "more than 4096");

    [Fact]
    public void A_key_may_name_a_service_before_the_worker()
    {
        Assert.True(RegistryValue.TryParse("pdf/w1", Bytes(Golden), out var worker, out _));
        Assert.Equal("pdf/w1", worker.Id);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("a/b/c")]
    [InlineData("a/")]
    [InlineData("default/w1")]
    public void A_key_without_a_valid_id_is_refused(string id)
    {
        Assert.False(RegistryValue.TryParse(id, Bytes(Golden), out _, out var problem));
        Assert.Contains("worker id", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_nobody_could_read_back_is_not_written() =>
        Assert.Throws<ArgumentException>(() => RegistryValue.Write(Draining with { Capacity = 0 }));

    [Property(MaxTest = 2000)]
    public bool Reading_arbitrary_bytes_never_throws(byte[] bytes) =>
        RegistryValue.TryParse("w1", bytes, out _, out var problem) == (problem is null);

    [Property(MaxTest = 2000)]
    public Property Reading_a_damaged_value_never_throws() => Prop.ForAll(
        Gen.Choose(0, Golden.Length - 1).Zip(Gen.Choose(0, 255)).ToArbitrary(),
        damage =>
        {
            var bytes = Encoding.UTF8.GetBytes(Golden);
            bytes[damage.Item1] = (byte)damage.Item2;
            return RegistryValue.TryParse("w1", bytes, out var worker, out var problem) == (problem is null)
                && (worker is null) == (problem is not null);
        });

    private static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    private static void AssertProblem(string json, string expected)
    {
        Assert.False(RegistryValue.TryParse("w1", Bytes(json), out var worker, out var problem));
        Assert.Null(worker);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }
}
