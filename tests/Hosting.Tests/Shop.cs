using Akka.Actor;
using Akka.Hosting;
using Akka.Remote.Hosting;
using AkkaLb.Messages;

namespace AkkaLb.Hosting.Tests;

/// <summary>An application's own messages and actors.</summary>
internal static class Shop
{
    public static UserMessages Messages { get; } = new(
        [new("price", typeof(PriceOf)), new("costs", typeof(Costs)), new("wait", typeof(WaitFor)), new("block", typeof(Block))]);

    /// <summary>A quiet actor system that can carry AkkaLb.</summary>
    public static AkkaConfigurationBuilder AsShop(this AkkaConfigurationBuilder akka) => akka
        .AddHocon("akka { loglevel = OFF, stdout-loglevel = OFF }", HoconAddMode.Prepend)
        .WithRemoting("127.0.0.1", 0)
        .WithAkkaLb(Messages);

    internal sealed record PriceOf(string Article);

    internal sealed record WaitFor(string Article);

    internal sealed record Block(string Article);

    internal sealed record Costs(string Article, decimal Price, string By);

    /// <summary>What the actors get from the service provider.</summary>
    internal sealed class PriceList
    {
        private readonly decimal _perLetter = 1;
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Completes when a job waits for <see cref="Open"/>.</summary>
        public Task Waiting => _waiting.Task;

        public void Open() => _open.TrySetResult();

        public decimal Of(string article) => _perLetter * article.Length;

        /// <summary>Keeps the thread.</summary>
        public decimal OnceOpen(string article)
        {
            _open.Task.Wait();
            return Of(article);
        }

        public async Task<decimal> OnceOpenAsync(string article)
        {
            _waiting.TrySetResult();
            await _open.Task;
            return Of(article);
        }
    }

    internal class Till : ReceiveActor
    {
        public Till(PriceList prices)
        {
            Receive<PriceOf>(m => Sender.Tell(new Costs(m.Article, prices.Of(m.Article), GetType().Name)));
            Receive<Block>(m => Sender.Tell(new Costs(m.Article, prices.OnceOpen(m.Article), GetType().Name)));
            ReceiveAsync<WaitFor>(async m => Sender.Tell(new Costs(m.Article, await prices.OnceOpenAsync(m.Article), GetType().Name)));
        }
    }

    internal sealed class OtherTill(PriceList prices) : Till(prices);

    /// <summary>Has nothing to do with AkkaLb.</summary>
    internal sealed class Clerk : ReceiveActor
    {
        public Clerk() => Receive<Order>(m => Sender.Tell(new Receipt(m.Customer, m.Count * 2)));
    }

    internal sealed record Order(string Customer, int Count);

    internal sealed record Receipt(string Customer, int Total);
}
