using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using AkkaLb.Core;
using Google.Protobuf;

namespace AkkaLb.Messages;

/// <summary>Writes and reads AkkaLb's own messages as protobuf. The manifest table below is the protocol: entries are added, never changed.</summary>
/// <remarks>Thread-safe.</remarks>
public sealed class AkkaLbSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private readonly WireMapper _mapper = new();

    public override int Identifier => 4053;

    /// <exception cref="SerializationException">Not a message of AkkaLb.</exception>
    public override string Manifest(object o) => o switch
    {
        Assign => "A",
        Assigned => "AD",
        AssignRejected => "AR",
        MemoryReport => "M",
        WorkerUnreachable => "U",
        WhoDecides => "Q",
        Decides => "QD",
        Job => "J",
        JobDone => "JD",
        JobFailed => "JF",
        JobRejected => "JR",
        Register => "R",
        Registered => "RD",
        RegisterRefused => "RR",
        KeepAlive => "K",
        KeptAlive => "KD",
        UpdateRegistration => "RU",
        RegistrationUpdated => "RUD",
        Deregister => "D",
        Deregistered => "DD",
        GetWatcherState => "GW",
        WatcherState => "WS",
        GetBalancerState => "GB",
        BalancerState => "BS",
        WordsJob => "w",
        WordsResult => "wd",
        SpinJob => "spin",
        PrimesJob => "primes",
        SleepJob => "sleep",
        HoldJob => "hold",
        NumberResult => "n",
        _ => throw new SerializationException($"{o.GetType()} is not a message of AkkaLb"),
    };

    /// <exception cref="SerializationException">Not a message of AkkaLb, or one that no receiver would accept.</exception>
    public override byte[] ToBinary(object obj)
    {
        try
        {
            return obj is IAkkaLbMessage message
                ? WireMapper.ToWire(message).ToByteArray()
                : throw new SerializationException($"{obj.GetType()} is not a message of AkkaLb");
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw new SerializationException($"{obj.GetType()} cannot be sent: {e.Message}", e);
        }
    }

    /// <exception cref="UnknownMessageException">A message of a later version.</exception>
    /// <exception cref="SerializationException">Bytes that are not that message.</exception>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return _mapper.FromWire(manifest, bytes);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or FormatException or OverflowException or ArgumentException)
        {
            throw new SerializationException($"\"{manifest}\" of {bytes.Length} bytes cannot be read: {e.Message}", e);
        }
    }
}
