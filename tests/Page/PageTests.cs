using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Actor.Setup;
using AkkaLb.Core;
using AkkaLb.Core.Clusters;
using AkkaLb.Core.Gate;
using AkkaLb.Core.Machines;
using AkkaLb.Client;
using AkkaLb.Messages;
using AkkaLb.Registry;
using AkkaLb.Testing;
using AkkaLb.Watching;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static AkkaLb.Page.Tests.Stage;
using static Microsoft.Playwright.Assertions;

namespace AkkaLb.Page.Tests;

/// <summary>The page of a balancer, in a browser.</summary>
[Collection(nameof(Chromium))]
public sealed partial class PageTests(Chromium chromium)
{
    static PageTests() => SetDefaultExpectTimeout(30_000);

    [ChromiumFact]
    public async Task A_worker_of_a_real_balancer_joins_takes_load_and_leaves()
    {
        var messages = new UserMessages([new("hold", typeof(Hold))]);
        var system = NewSystem(messages);
        var balancer = await TestLoadBalancer.StartAsync(system, messages, "first-free");
        await using var stage = await OfSystemAsync(system);
        var page = await OpenAsync(stage.Url);
        await Expect(page.Locator("#none")).ToHaveTextAsync("No worker is registered.");

        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var worker = await balancer.AddWorkerAsync(
            Props.Create(() => new Holding(release.Task)), "w1", o => o with { Gate = new GateSettings(1, 1, 0, 1) });
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("up");
        await Expect(page.Locator("#events")).ToContainTextAsync("worker w1 is up");
        await Expect(page.Locator("#ready")).ToHaveTextAsync("answered");

        var jobs = new[] { balancer.Client.AskAsync<Hold>(new Hold()), balancer.Client.AskAsync<Hold>(new Hold()) };
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("full");
        await Expect(Cell(page, "w1", "In flight")).ToContainTextAsync("1 of 1");
        await Expect(page.Locator("#services td").Nth(5)).ToContainTextAsync("1, the first for");

        release.SetResult();
        await Task.WhenAll(jobs).WaitAsync(Patience);
        await Expect(Cell(page, "w1", "Assigned")).ToHaveTextAsync("2");
        await Expect(Cell(page, "w1", "Answers")).ToHaveTextAsync(AnyTime());
        await Expect(Cell(page, "w1", "Last error")).ToHaveTextAsync("–");
        await Assert.ThrowsAsync<JobFailedException>(() => balancer.Client.AskAsync<Hold>(new Hold(Fails: true)));
        await Expect(Cell(page, "w1", "Last error")).ToHaveTextAsync(new Regex("^failed [0-9]+ s ago$"));
        await worker.DisposeAsync();
        await Expect(page.Locator("#none")).ToHaveTextAsync("No worker is registered.");
        await Expect(page.Locator("#events")).ToContainTextAsync("worker w1 has left");
        await balancer.DisposeAsync();
    }

    [ChromiumFact]
    public async Task An_operator_drains_a_worker_on_the_page_sees_it_become_empty_and_puts_it_back()
    {
        var messages = new UserMessages([new("hold", typeof(Hold))]);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var real = await EtcdStage.StartAsync(NewSystem(messages), messages, Props.Create(() => new Holding(release.Task)));
        var page = await chromium.NewPageAsync();
        var requests = new ConcurrentQueue<string>();
        page.Request += (_, request) => requests.Enqueue(request.Url);
        await page.GotoAsync(real.Stage.Url);
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("up");
        var job = real.Client.AskAsync<Hold>(new Hold());
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("full");

        await OrderOf(page, "w1").ClickAsync();
        await page.Locator("#token").FillAsync("token-of-nobody-0123");
        await page.Locator("[data-order=drain]").ClickAsync();
        await Expect(page.Locator("#orders-said")).ToHaveTextAsync("The token is wrong. Nothing was ordered.");
        await Expect(page.Locator("#orders-now")).ToContainTextAsync("Now: full");

        // All of it by keyboard.
        await Expect(page.Locator("#token")).ToBeFocusedAsync();
        await page.Keyboard.InsertTextAsync(Token);
        await page.Locator("#by").FillAsync("ann");
        await page.Locator("#because").FillAsync("new disk");
        await page.Locator("[data-order=drain]").PressAsync("Enter");
        await Expect(page.Locator("#orders-said")).ToContainTextAsync("w1 is drained by ann@127.0.0.1 since ");
        await Expect(page.Locator("[data-order=drain]")).ToHaveAttributeAsync("aria-pressed", "true");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#orders")).ToBeHiddenAsync();
        await Expect(OrderOf(page, "w1")).ToBeFocusedAsync();
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("draining");
        await Expect(Cell(page, "w1", "Why")).ToContainTextAsync("1 job left; drained by ann@127.0.0.1");

        release.SetResult();
        await job.WaitAsync(Patience);
        await Expect(Cell(page, "w1", "Why")).ToContainTextAsync("no jobs left; drained by ann@127.0.0.1");
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("draining");

        await OrderOf(page, "w1").PressAsync("Enter");
        await page.Locator("[data-order=ready]").ClickAsync();
        await Expect(page.Locator("#orders-said")).ToHaveTextAsync("w1 is ready");
        await page.Locator("#orders-close").ClickAsync();
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("up");
        await real.Client.AskAsync<Hold>(new Hold()).WaitAsync(Patience);
        Assert.Contains(requests, url => url.Contains("/workers/w1/drain?by=ann&because=new+disk", StringComparison.Ordinal));
        Assert.DoesNotContain(requests, url => url.Contains("token-of", StringComparison.Ordinal));
    }

    [ChromiumFact]
    public async Task A_real_etcd_goes_and_comes_back_while_the_worker_stays()
    {
        var messages = new UserMessages([new("hold", typeof(Hold))]);
        await using var real = await EtcdStage.StartAsync(
            NewSystem(messages), messages, Props.Create(() => new Holding(Task.CompletedTask)));
        var page = await OpenAsync(real.Stage.Url);
        await Expect(page.Locator("#registry")).ToHaveTextAsync("etcd, connected");
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("up");

        await real.Etcd.StopGracefullyAsync();
        await Expect(page.Locator("#registry")).ToHaveTextAsync("etcd, not connected");
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("up");
        await real.Client.AskAsync<Hold>(new Hold()).WaitAsync(Patience);

        await real.Etcd.RestartAsync();
        await Expect(page.Locator("#registry")).ToHaveTextAsync("etcd, connected");
        await Expect(Cell(page, "w1", "State")).ToHaveTextAsync("up");
    }

    [ChromiumFact]
    public async Task A_worker_of_a_real_balancer_whose_jobs_fail_is_ejected_and_the_other_does_them()
    {
        var messages = new UserMessages([new("hold", typeof(Hold))]);
        var system = NewSystem(messages);
        var balancer = await TestLoadBalancer.StartAsync(system, messages, "round-robin");
        await using var stage = await OfSystemAsync(system);
        await balancer.AddWorkerAsync(Props.Create(() => new Holding(Task.CompletedTask)), "good");
        await balancer.AddWorkerAsync(Props.Create(() => new Failing()), "bad");
        var page = await OpenAsync(stage.Url);

        // The balancer judges every 10 s.
        var isEjected = Expect(Cell(page, "bad", "State")).ToHaveTextAsync("ejected");
        while (!isEjected.IsCompleted)
        {
            await balancer.Client.RunAsync(new Hold(), new JobOptions { Deadline = Patience });
        }

        await isEjected;
        await Expect(Cell(page, "bad", "Why")).ToContainTextAsync("its jobs failed");
        await Expect(page.Locator("#events")).ToContainTextAsync("worker bad gets no jobs for ");
        await Expect(Cell(page, "good", "State")).ToHaveTextAsync("up");
        await balancer.Client.AskAsync<Hold>(new Hold()).WaitAsync(Patience);
        await balancer.DisposeAsync();
    }

    [ChromiumFact]
    public async Task An_order_that_is_refused_or_not_answered_is_told_and_what_is_typed_wrong_is_not_sent()
    {
        var kept = new Kept();
        await using var stage = await OfScriptAsync("/akkalb", orders: kept);
        stage.SayOf("pdf", "first-free", "", NewWorker("pdf/a") with { Details = NewWorker("a").Details! with { WeightPercent = 40 } });
        var page = await OpenAsync($"{stage.Url}?service=pdf");
        await OrderOf(page, "pdf/a").ClickAsync();
        await Expect(page.Locator("#orders-worker")).ToHaveTextAsync("pdf/a");
        await Expect(page.Locator("#orders-now")).ToHaveTextAsync("Now: up; weight 40 %");
        var (said, weigh) = (page.Locator("#orders-said"), page.Locator("[data-order=weight]"));

        await weigh.ClickAsync();
        await Expect(said).ToHaveTextAsync("The token is missing. Nothing was ordered.");
        await Expect(page.Locator("#token")).ToBeFocusedAsync();
        await page.Locator("#token").FillAsync("ein schlüssel");
        await weigh.ClickAsync();
        await Expect(said).ToHaveTextAsync("This page can send a token of ASCII letters, digits and signs only. Nothing was ordered.");
        await page.Locator("#token").FillAsync(Token);
        await page.Locator("#weight").FillAsync("101");
        await weigh.ClickAsync();
        await Expect(said).ToHaveTextAsync("The weight must be a whole number from 1 to 100. Nothing was ordered.");
        Assert.Empty(kept.Orders);

        await page.Locator("#weight").FillAsync("50");
        await weigh.ClickAsync();
        await Expect(said).ToContainTextAsync("pdf/a is limited to 50 % of its share by http@127.0.0.1 since ");
        Assert.Equal(("pdf/a", AdminState.Ready, 50), kept.Orders.Single());

        kept.Trouble = new RegistryUnavailableException("etcd is away");
        await page.Locator("[data-order=maint]").ClickAsync();
        await Expect(said).ToHaveTextAsync("The order was refused: etcd is away");

        await stage.DisposeAsync();
        await page.Locator("[data-order=ready]").ClickAsync();
        await Expect(said).ToHaveTextAsync("The balancer does not answer. The order may have been carried out: the worker's state will tell.");
    }

    [ChromiumFact]
    public async Task Where_a_balancer_takes_no_orders_nothing_on_its_page_gives_any()
    {
        await using var stage = await OfScriptAsync();
        stage.Say("first-free", NewWorker("a"));
        var page = await OpenAsync(stage.Url);
        await Expect(Cell(page, "a", "State")).ToHaveTextAsync("up");
        await Expect(page.Locator("#table thead .orders")).ToBeHiddenAsync();
        await Expect(page.Locator("#rows .orders button")).ToBeHiddenAsync();
        Assert.Equal(0, await page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "Order for a" }).CountAsync());
        await Expect(page.Locator("#orders")).ToBeHiddenAsync();
    }

    [ChromiumFact]
    public async Task Each_state_is_told_in_words_with_its_reason()
    {
        await using var stage = await OfScriptAsync();
        stage.Say(
            "least-load",
            NewWorker("a"), NewWorker("b", WorkerCondition.SlowStart, "it has joined lately: it gets 40 % of its share"),
            NewWorker("c", WorkerCondition.Full, inFlight: 8), NewWorker("d", WorkerCondition.Draining, inFlight: 3),
            NewWorker("e", WorkerCondition.Ejected, "its jobs failed: it gets none for 12 s"),
            NewWorker("f", WorkerCondition.NoReport) with { ResidentBytes = null },
            NewWorker("g", WorkerCondition.Maintenance, "put into maintenance by ann@desk: new disk", inFlight: 1));
        var page = await OpenAsync(stage.Url);

        await Expect(page.Locator("#rows td.state")).ToHaveTextAsync(
            ["up", "slow start", "full", "draining", "ejected", "no report", "maintenance"]);
        await Expect(page.Locator("#rows td.why")).ToHaveTextAsync(
        [
            "", "it has joined lately: it gets 40 % of its share", "8 jobs in flight, and no free place", "3 jobs left",
            "its jobs failed: it gets none for 12 s", "least-load picks nobody without a fresh report, and its last report is 0.4 s old",
            "1 job left; put into maintenance by ann@desk: new disk",
        ]);
    }

    [ChromiumFact]
    public async Task The_registry_goes_and_comes_back_while_the_workers_stay()
    {
        await using var stage = await OfScriptAsync();
        stage.Say("first-free", NewWorker("a"));
        var page = await OpenAsync(stage.Url);
        await Expect(page.Locator("#registry")).ToHaveTextAsync("etcd, connected");

        stage.Watcher = stage.Watcher with { IsConnected = false, Disconnects = 1, LastProblem = "Connection refused" };
        stage.Tell(NoteLevel.Warning, "the registry cannot be reached; the last known workers stay: Connection refused");
        await Expect(page.Locator("#registry")).ToHaveTextAsync("etcd, not connected");
        await Expect(page.Locator("#say")).ToContainTextAsync("The registry is not connected.");
        await Expect(page.Locator("#events")).ToContainTextAsync("cannot be reached");
        await Expect(page.Locator("#watch")).ToContainTextAsync("Connection refused");
        await Expect(Cell(page, "a", "State")).ToHaveTextAsync("up");

        stage.Watcher = stage.Watcher with { IsConnected = true };
        await Expect(page.Locator("#registry")).ToHaveTextAsync("etcd, connected");
    }

    [ChromiumFact]
    public async Task Ten_thousand_workers_scroll_and_sort_and_the_page_holds_a_window_of_them()
    {
        await using var stage = await OfScriptAsync();
        stage.Say("first-free", [.. Enumerable.Range(0, 10_000).Select(
            i => NewWorker($"w-{i:00000}", inFlight: i == 7_000 ? 8 : i % 7, zone: $"z{i % 3}"))]);
        var page = await OpenAsync(stage.Url);
        await Expect(page.Locator("#table")).ToHaveAttributeAsync("aria-rowcount", "10001");
        await Expect(page.Locator("#rows tr").First).ToContainTextAsync("w-00000");

        await page.EvaluateAsync("document.querySelector('#scroller').scrollTop = 1e9");
        await Expect(page.Locator("#rows tr[aria-rowindex='10001']")).ToContainTextAsync("w-09999");
        Assert.InRange(await page.Locator("#rows tr").CountAsync(), 10, LiveRowsMax);
        Assert.True(await page.Locator("#rows tr[aria-rowindex='10001']").IsVisibleAsync());

        var byInFlight = page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = "In flight" });
        await byInFlight.ClickAsync();
        await byInFlight.ClickAsync();
        await Expect(page.Locator("#rows tr").First).ToContainTextAsync("w-07000");
        await Expect(page.Locator("th[aria-sort='descending']")).ToContainTextAsync("In flight");

        await page.Locator("#filter").FillAsync("z1 w-0999");
        await Expect(page.Locator("#count")).ToHaveTextAsync("3 of 10,000");
        await Expect(page.Locator("#rows tr")).ToHaveCountAsync(3);
        await Expect(page.Locator("#say")).ToContainTextAsync("3 of 10,000 workers are left by the filter.");

        await page.ReloadAsync();
        await Expect(page.Locator("#count")).ToHaveTextAsync("3 of 10,000");
    }

    [ChromiumFact]
    public async Task Words_of_strangers_stay_words()
    {
        const string evil = "<img src=x onerror=document.title='taken'>";
        await using var stage = await OfScriptAsync();
        stage.Say("first-free", NewWorker("a", WorkerCondition.Unable, evil));
        stage.Tell(NoteLevel.Error, evil);
        var page = await OpenAsync(stage.Url);

        await Expect(Cell(page, "a", "Why")).ToHaveTextAsync(evil);
        await Expect(page.Locator("#events")).ToContainTextAsync(evil);
        await Expect(page).ToHaveTitleAsync("b-1 – AkkaLb balancer");
        Assert.Equal(0, await page.Locator("img").CountAsync());
    }

    [ChromiumFact]
    public async Task No_request_leaves_the_balancer_and_the_page_is_content_with_its_own_policy()
    {
        await using var stage = await OfScriptAsync("/akkalb/b-1");
        stage.Say("first-free", NewWorker("a"));
        var (requests, complaints) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        var page = await chromium.NewPageAsync();
        page.Request += (_, request) => requests.Enqueue(request.Url);
        page.Console += (_, message) => complaints.Enqueue(message.Text);
        page.PageError += (_, error) => complaints.Enqueue(error);

        // Without the slash at its end, as somebody would type it.
        await page.GotoAsync(stage.Url.TrimEnd('/'));

        await Expect(Cell(page, "a", "State")).ToHaveTextAsync("up");
        await page.Locator("#filter").FillAsync("nobody");
        await Expect(page.Locator("#none")).ToHaveTextAsync("No worker is left by this filter.");
        Assert.All(requests, url => Assert.StartsWith(stage.Url.TrimEnd('/'), url, StringComparison.Ordinal));
        Assert.Contains(requests, url => url.StartsWith($"{stage.Url}live?", StringComparison.Ordinal));
        Assert.Empty(complaints);
    }

    [ChromiumFact]
    public async Task A_job_that_is_looked_up_tells_the_worker_that_was_picked_and_why()
    {
        var messages = new UserMessages([new("hold", typeof(Hold))]);
        var system = NewSystem(messages);
        var balancer = await TestLoadBalancer.StartAsync(system, messages, "least-requests");
        await using var stage = await OfSystemAsync(system);
        await balancer.AddWorkerAsync(Props.Create(() => new Holding(Task.CompletedTask)), "w1");
        await balancer.AddWorkerAsync(Props.Create(() => new Holding(Task.CompletedTask)), "w2");

        await balancer.Client.AskAsync<Hold>(new Hold());
        var page = await OpenAsync(stage.Url);
        await page.Locator("#decisions").ScrollIntoViewIfNeededAsync();
        var latest = page.Locator("#made summary").First;
        await Expect(latest).ToContainTextAsync("least-requests chose it among the 2 of 2 workers that could take jobs");
        var text = (await latest.TextContentAsync())!;
        var (id, picked) = (Words().Match(text).Groups["id"].Value, Words().Match(text).Groups["worker"].Value);

        await page.Locator("#why-id").FillAsync(id);
        await page.Locator("#why-id").PressAsync("Enter");

        await Expect(page.Locator("#decided")).ToContainTextAsync(id);
        await Expect(page.Locator("#made summary")).ToContainTextAsync($"{picked} was named. least-requests chose it");
        await page.Locator("#made summary").PressAsync("Enter");
        await Expect(page.Locator("#made tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator("#made tbody tr").First).ToContainTextAsync($"{picked}picked0");

        await page.Locator("#why-id").FillAsync("w1");
        await page.Locator("#why-ask").ClickAsync();
        await Expect(page.Locator("#undecided")).ToContainTextAsync("w1: is no job's id: hexadecimal digits, a hyphen and a number");
        await page.Locator("#why-id").FillAsync("5fe1-7");
        await page.Locator("#why-ask").ClickAsync();
        await Expect(page.Locator("#say")).ToContainTextAsync("does not know of 5fe1-7: it remembers its last 8192 decisions");
        await balancer.DisposeAsync();
    }

    [ChromiumFact]
    public async Task Nothing_is_asked_about_decisions_while_nobody_sees_them_and_what_is_read_stands_still()
    {
        await using var stage = await OfScriptAsync();
        stage.Say("first-free", [.. Enumerable.Range(0, 30).Select(i => NewWorker($"w{i}"))]);
        var asked = 0;
        stage.Decided = _ => new Decisions("b-1", [], [Held(Interlocked.Increment(ref asked))], 8192);
        var page = await chromium.NewPageAsync();
        await page.SetViewportSizeAsync(1440, 300);
        await page.GotoAsync(stage.Url);
        await Expect(page.Locator("#count")).ToHaveTextAsync("30");
        Assert.False(await page.EvaluateAsync<bool>("why.isSeen"));
        Assert.True(await page.EvaluateAsync<bool>("lookAtDecisions(), why.asking === null"));
        Assert.Equal(0, Volatile.Read(ref asked));

        await page.Locator("#decisions").ScrollIntoViewIfNeededAsync();
        var waits = page.Locator("#made summary");
        await Expect(waits).ToContainTextAsync("it has waited 1.5 s for a free place of the service default, behind ");
        await waits.ClickAsync();
        await Expect(page.Locator("#made dl")).ToContainTextAsync("high");
        var text = (await waits.TextContentAsync())!;
        Assert.True(await page.EvaluateAsync<bool>("(before => (lookAtDecisions(), why.asking === before))(why.asking)"));

        await page.Locator("#why-latest").ClickAsync();
        await Expect(waits).Not.ToHaveTextAsync(text);
    }

    private static HeldRequest Held(int ahead) =>
        new(WorkerService.Default, 0x5fe1, 4, 9, JobPriority.High, TimeSpan.FromSeconds(1.5), ahead, "every worker is full");

    [ChromiumFact]
    public async Task Events_are_filtered_by_level_and_words_and_a_pause_keeps_what_is_seen()
    {
        await using var stage = await OfScriptAsync();
        stage.Tell(NoteLevel.Info, "worker a is up");
        stage.Tell(NoteLevel.Error, "a bug");
        var page = await OpenAsync(stage.Url);
        await Expect(page.Locator("#events li")).ToHaveCountAsync(2);
        await Expect(page.Locator("#events li").First).ToContainTextAsync("a bug");

        await page.Locator("#level").SelectOptionAsync("2");
        await Expect(page.Locator("#events li")).ToHaveCountAsync(1);
        await page.Locator("#level").SelectOptionAsync("0");
        await page.Locator("#words").FillAsync("WORKER");
        await Expect(page.Locator("#events li")).ToHaveTextAsync([new Regex("worker a is up")]);

        await page.Locator("#pause").PressAsync("Enter");
        await Expect(page.Locator("#pause")).ToHaveAttributeAsync("aria-pressed", "true");
        stage.Tell(NoteLevel.Info, "worker b is up");
        var clock = await page.Locator("#clock").TextContentAsync();
        await page.Locator("#words").FillAsync("");
        await Expect(page.Locator("#events li")).ToHaveCountAsync(2);
        Assert.Equal(clock, await page.Locator("#clock").TextContentAsync());

        await page.Locator("#pause").PressAsync("Enter");
        await Expect(page.Locator("#events li")).ToHaveCountAsync(3);
    }

    [ChromiumFact]
    public async Task One_that_stands_by_says_who_decides()
    {
        await using var stage = await OfScriptAsync(isOfCluster: true);
        stage.IsStandingBy = true;
        stage.SayOf(WorkerService.Default, "first-free", "stands by: the balancer at akka.tcp://AkkaLb@10.0.0.9:4053 decides");
        var page = await OpenAsync(stage.Url);

        await Expect(page.Locator("#role")).ToHaveTextAsync("stands by: the balancer at akka.tcp://AkkaLb@10.0.0.9:4053 decides");
        await Expect(page.Locator("#ready")).ToHaveTextAsync("passed on");
        await Expect(page.Locator("#none")).ToHaveTextAsync("This balancer stands by. The one that decides knows the workers.");

        stage.SayOf(WorkerService.Default, "first-free", FrontCore.NobodyDecides);
        await Expect(page.Locator("#role")).ToHaveTextAsync("stands by");
        await Expect(page.Locator("#ready")).ToHaveTextAsync($"rejected: {FrontCore.NobodyDecides}");

        stage.IsStandingBy = false;
        stage.Say("first-free", NewWorker("a"));
        await Expect(page.Locator("#role")).ToHaveTextAsync("decides for its cluster");
    }

    [ChromiumFact]
    public async Task A_page_whose_balancer_stops_says_so_at_once()
    {
        var stage = await OfScriptAsync();
        var page = await OpenAsync(stage.Url);
        await Expect(page.Locator("#ready")).ToHaveTextAsync("answered");

        await stage.DisposeAsync();

        await Expect(page.Locator("#banner")).ToContainTextAsync("Not live: ");
        await Expect(page.Locator("#say")).ToContainTextAsync("Not live: ");
    }

    [ChromiumFact]
    public Task Axe_finds_no_serious_fault_in_light() => LookForFaultsAsync(ColorScheme.Light);

    [ChromiumFact]
    public Task Axe_finds_no_serious_fault_in_dark() => LookForFaultsAsync(ColorScheme.Dark);

    private async Task LookForFaultsAsync(ColorScheme colors)
    {
        await using var stage = await OfScriptAsync(orders: new Kept());
        Pictures.Arrange(stage);
        var page = await OpenAsync(stage.Url, colors);
        await Expect(page.Locator("#rows tr").First).ToBeVisibleAsync();
        await Expect(page.Locator("#events li").First).ToBeVisibleAsync();
        await page.Locator("#decisions").ScrollIntoViewIfNeededAsync();
        await page.Locator("#made summary").First.ClickAsync();
        await Expect(page.Locator("#made dl")).ToBeVisibleAsync();
        await LookForFaultsAsync(page);

        await OrderOf(page, "fra-01").ClickAsync();
        await page.Locator("[data-order=drain]").ClickAsync();
        await Expect(page.Locator("#orders-said")).ToContainTextAsync("The token is missing.");
        await LookForFaultsAsync(page);
    }

    private static async Task LookForFaultsAsync(IPage page)
    {
        var faults = (await page.RunAxe()).Violations.Where(v => v.Impact is "serious" or "critical");

        Assert.Empty(faults.Select(v => $"{v.Id}: {v.Help}: {string.Join(", ", v.Nodes.Select(n => n.Html))}"));
    }

    private const int LiveRowsMax = 100;

    private static ActorSystem NewSystem(UserMessages messages) => ActorSystem.Create(
        SystemConfig.SystemName, ActorSystemSetup.Create(BootstrapSetup.Create().WithConfig(TestLoadBalancer.Config), messages.ToSetup()));

    [GeneratedRegex("^[0-9.]+ m?s$")]
    private static partial Regex AnyTime();

    /// <summary>The job and the worker in a sentence about a decision.</summary>
    [GeneratedRegex(@"job (?<id>\S+): .* ago (?<worker>\S+) was named")]
    private static partial Regex Words();

    private async Task<IPage> OpenAsync(string url, ColorScheme colors = ColorScheme.Light)
    {
        var page = await chromium.NewPageAsync(colors);
        await page.GotoAsync(url);
        return page;
    }

    private static ILocator OrderOf(IPage page, string worker) =>
        page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = $"Order for {worker}", Exact = true });

    /// <summary>What a worker's row has below a head.</summary>
    private static ILocator Cell(IPage page, string worker, string head)
    {
        string[] heads =
        [
            "Worker", "State", "Why", "Orders", "In flight", "Drift", "Answers", "Last error", "Memory", "Assigned", "Report", "Zone", "Address",
            "Version",
        ];
        return page.Locator("#rows tr").Filter(new LocatorFilterOptions { Has = page.Locator($"th:text-is('{worker}')") })
            .Locator("th, td").Nth(Array.IndexOf(heads, head));
    }

    /// <summary>A registry that keeps orders in a list.</summary>
    private sealed class Kept : IOverrideRegistry
    {
        public ConcurrentQueue<(string Worker, AdminState State, int Weight)> Orders { get; } = new();

        public Exception? Trouble { get; set; }

        public IAsyncDisposable SubscribeOverrides(Action<Watched<OverrideSight>> tell) => throw new NotSupportedException();

        public Task<(IReadOnlyList<WorkerOverride> Overrides, IReadOnlyList<Watched<OverrideSight>.Skipped> Skipped)> ReadOverridesAsync(
            CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<WorkerOverride> ChangeOverrideAsync(
            string workerId, Func<WorkerOverride?, WorkerOverride> change, CancellationToken cancellationToken)
        {
            if (Trouble is { } trouble)
            {
                return Task.FromException<WorkerOverride>(trouble);
            }

            var wanted = change(null);
            Orders.Enqueue((workerId, wanted.State, wanted.WeightPercent));
            return Task.FromResult(wanted);
        }
    }

    private sealed record Hold(bool Fails = false);

    private sealed class Failing : ReceiveActor
    {
        public Failing() => Receive<Hold>(_ => Sender.Tell(new Status.Failure(new InvalidOperationException("as the test wants"))));
    }

    private sealed class Holding : ReceiveActor
    {
        public Holding(Task release) => ReceiveAsync<Hold>(async m =>
        {
            if (m.Fails)
            {
                throw new InvalidOperationException("as the test wants");
            }

            var sender = Sender;
            await release;
            sender.Tell(m);
        });
    }
}
