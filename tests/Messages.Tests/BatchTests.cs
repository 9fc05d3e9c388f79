using Akka.Actor;
using AkkaLb.Core;
using AkkaLb.Tests.Support;
using Google.Protobuf;

namespace AkkaLb.Messages.Tests;

/// <summary>Several messages in one: the bytes, what goes together, and in what order.</summary>
[Collection(nameof(TestSystem))]
public sealed class BatchTests(TestSystem system)
{
    private static readonly JobId Id = new(1, 7);

    [Fact]
    public void Messages_that_cannot_be_read_are_left_out_and_the_others_are_there_in_order()
    {
        var wire = new Wire.Batch
        {
            Manifests = { "JC", "JC", "later", "a manifest that is long", "B", "A", "JC" },
            Messages =
            {
                new Wire.CancelJob { Id = new Wire.JobId { Client = 1, Sequence = 1 }, Attempt = 1 }.ToByteString(),
                new Wire.CancelJob { Attempt = 0 }.ToByteString(),
                ByteString.Empty,
                ByteString.Empty,
                new Wire.Batch().ToByteString(),
                ByteString.CopyFrom(0xff, 0xff),
                new Wire.CancelJob { Id = new Wire.JobId { Client = 1, Sequence = 2 }, Attempt = 1 }.ToByteString(),
                ByteString.CopyFromUtf8("without a manifest"),
            },
        };

        var read = (Batch)system.Read(wire.ToByteArray(), "B");

        Assert.Equal([new CancelJob(new JobId(1, 1), 1), new CancelJob(new JobId(1, 2), 1)], read.Messages.Cast<CancelJob>());
        Assert.Equal(6, read.Unreadable);
    }

    [Fact]
    public void One_that_is_read_has_a_bound()
    {
        var wire = new Wire.Batch();
        for (var i = 1; i <= 300; i++)
        {
            wire.Manifests.Add("JC");
            wire.Messages.Add(new Wire.CancelJob { Id = new Wire.JobId { Client = 1, Sequence = (ulong)i }, Attempt = 1 }.ToByteString());
        }

        var read = (Batch)system.Read(wire.ToByteArray(), "B");

        Assert.Equal((256, 44), (read.Messages.Count(), read.Unreadable));
    }

    [Fact]
    public void It_is_written_as_the_generated_code_writes_it()
    {
        var batch = Batches.Of(system.System, Cancel(1), new JobDone(Id, 1, new Payload(1, "m", new byte[300])), Cancel(1 << 20));
        var bytes = system.Write(batch).Bytes;

        Assert.Equal(bytes, Wire.Batch.Parser.ParseFrom(bytes).ToByteArray());
        Assert.Equal(["JC", "JD", "JC"], Wire.Batch.Parser.ParseFrom(bytes).Manifests);
    }

    [Fact]
    public void One_whose_manifests_and_messages_alternate_is_read_all_the_same()
    {
        var (one, two) = (new Wire.Batch { Manifests = { "JC" } }, new Wire.Batch());
        two.Messages.Add(new Wire.CancelJob { Id = new Wire.JobId { Client = 1, Sequence = 7 }, Attempt = 1 }.ToByteString());
        byte[] pair = [.. one.ToByteArray(), .. two.ToByteArray()];

        Assert.Equal([Cancel(7), Cancel(7)], ((Batch)system.Read([.. pair, .. pair], "B")).Messages.Cast<CancelJob>());
    }

    [Fact]
    public void A_message_alone_goes_as_it_is_and_several_go_together_in_order()
    {
        var peer = new BatchPeer(system.System);
        var outbox = Outbox();

        outbox.Send(peer, Cancel(1), takesBatches: true);
        Assert.Empty(peer.Got);
        outbox.Flush();
        Assert.Equal("1", peer.Taken());

        Send(outbox, peer, 1, 2, 3);
        outbox.Flush();
        Assert.Equal("1+2+3", peer.Taken());
        Assert.True(outbox.IsEmpty);
    }

    [Fact]
    public void Each_peer_gets_its_own_messages_and_one_of_this_process_gets_them_at_once()
    {
        var (peer, other, local) = (new BatchPeer(system.System), new BatchPeer(system.System), new BatchPeer(system.System) { IsHere = true });
        var outbox = Outbox();

        Send(outbox, peer, 1, 2);
        Send(outbox, other, 3, 4);
        Send(outbox, local, 5, 6);
        Assert.Equal("5 6", local.Taken());
        outbox.Flush();

        Assert.Equal("1+2", peer.Taken());
        Assert.Equal("3+4", other.Taken());
    }

    [Fact]
    public void A_peer_that_takes_no_batches_gets_single_messages_behind_what_waits_for_it()
    {
        var peer = new BatchPeer(system.System);
        var outbox = Outbox();

        Send(outbox, peer, 1, 2);
        outbox.Send(peer, Cancel(3), takesBatches: false);

        Assert.Equal("1+2 3", peer.Taken());
    }

    [Fact]
    public void A_large_message_goes_alone_and_overtakes_nothing()
    {
        var peer = new BatchPeer(system.System);
        var outbox = Outbox();

        Send(outbox, peer, 1, 2);
        outbox.Send(peer, new JobDone(new JobId(1, 3), 1, new Payload(1, "", new byte[Batch.MessageBytesMax + 1])), takesBatches: true);
        Send(outbox, peer, 4);
        // Its texts are large, which is seen when it is written.
        outbox.Send(peer, new JobFailed(new JobId(1, 5), 1, JobFailureReason.Failure, "", new string('x', 5000)), takesBatches: true);
        Send(outbox, peer, 6, 7);
        outbox.Flush();

        Assert.Equal("1+2 3 4 5 6+7", peer.Taken());
    }

    [Fact]
    public void A_batch_fits_the_smallest_frame_however_many_messages_wait()
    {
        var peer = new BatchPeer(system.System);
        var outbox = Outbox();
        for (var i = 1; i <= 1000; i++)
        {
            outbox.Send(peer, new JobDone(new JobId(1, i), 1, new Payload(1, "", new byte[i])), takesBatches: true);
        }

        outbox.Flush();

        Assert.All(peer.Got.OfType<Batch>(), batch => Assert.InRange(system.Write(batch).Bytes.Length, 1, 20_000));
        Assert.Equal(Enumerable.Range(1, 1000).Select(i => $"{i}"), peer.Taken().Split(' ', '+'));
    }

    [Fact]
    public void One_that_cannot_be_sent_harms_no_other()
    {
        var peer = new BatchPeer(system.System);
        var outbox = Outbox();

        Send(outbox, peer, 1, 2);
        outbox.Send(peer, new CancelJob(new JobId(1, 3), Attempt: 0), takesBatches: true);
        Send(outbox, peer, 4, 5);
        outbox.Flush();

        Assert.Equal("1+2 3 4+5", peer.Taken());
    }

    private static void Send(PeerOutbox outbox, IActorRef peer, params int[] numbers)
    {
        foreach (var number in numbers)
        {
            outbox.Send(peer, Cancel(number), takesBatches: true);
        }
    }

    private static CancelJob Cancel(int number) => new(Id with { Sequence = number }, 1);

    private PeerOutbox Outbox() => new(ActorRefs.Nobody, Batches.SerializerIn(system.System));
}
