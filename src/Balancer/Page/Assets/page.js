"use strict";

const rowHeight = 34;
const overscan = 12;
const rowsMax = 100;
const eventsMax = 500;
const historyMs = 15 * 60 * 1000;
const gapMs = 12000;
const decisionsEveryMs = 2000;
const answerMaxMs = 15000;

const byId = id => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const fixed = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setTitle(element, text) {
  if (element.title !== text) element.title = text;
}

// What does not fit is read in the title.
function setBoth(cell, text) {
  setText(cell, text);
  setTitle(cell, text);
}

function count(value) {
  return value === undefined ? "–" : whole.format(value);
}

function seconds(value) {
  return value === undefined || value === null ? "–" : value < 100 ? `${fixed.format(value)} s` : `${whole.format(value)} s`;
}

function duration(ms) {
  return ms < 10 ? `${hundredths.format(ms)} ms` : ms < 1000 ? `${whole.format(ms)} ms` : seconds(ms / 1000);
}

function ago(value) {
  return value < 100 ? `${whole.format(value)} s` : value < 6000 ? `${whole.format(value / 60)} min` : `${whole.format(value / 3600)} h`;
}

function mebibytes(value) {
  return value < 1024 ? `${whole.format(value)} MiB` : `${fixed.format(value / 1024)} GiB`;
}

function clock(ms) {
  return new Date(ms).toLocaleTimeString("en-GB");
}

const answersHint = "From the sending of a job to its answer, as clients saw it: the mean of about its last 32 answers";
const errorHint = "The last job that did not end well, as its client told it: it failed there, or nobody knows what became of it";

// What a column shows of a worker, how wide it is, and by what the server sorts it. A further column is a further entry.
const columns = [
  { head: "Worker", sort: "Worker", width: "18ch", isHead: true, fill: showId },
  { head: "State", sort: "State", width: "17ch", className: "state", fill: showState },
  { head: "Why", width: "auto", className: "why", fill: showWhy },
  { head: "Orders", width: "11ch", className: "orders", fill: showOrders },
  { head: "In flight", sort: "InFlight", width: "19ch", className: "number", fill: (cell, w) => share(cell, w.inFlight, w.capacity, ofCapacity(w)) },
  { head: "Drift", width: "8ch", className: "number", hint: "Estimated jobs in flight, less those that the worker told", fill: showDrift },
  { head: "Answers", sort: "Answers", width: "12ch", className: "number", hint: answersHint, fill: showAnswers },
  { head: "Last error", sort: "LastError", width: "19ch", hint: errorHint, fill: showError },
  { head: "Memory", sort: "Memory", width: "27ch", className: "number", fill: (cell, w) => share(cell, w.memory ?? 0, w.limit, ofLimit(w)) },
  { head: "Assigned", sort: "Assigned", width: "12ch", className: "number", fill: (cell, w) => setText(cell, count(w.assigned)) },
  { head: "Report", sort: "Report", width: "10ch", className: "number", hint: "Age of the last report", fill: showReport },
  { head: "Zone", sort: "Zone", width: "10ch", fill: (cell, w) => setBoth(cell, w.zone || "–") },
  { head: "Address", sort: "Address", width: "20ch", fill: (cell, w) => setBoth(cell, w.address ?? "–") },
  { head: "Version", sort: "Version", width: "10ch", fill: (cell, w) => setBoth(cell, w.version || "–") },
];

const charts = [
  { head: "Assigned a second", at: 1, now: () => sum("perSecond") },
  { head: "Requests waiting", at: 2, now: () => sum("waiting") },
  { head: "Jobs in flight", at: 3, now: () => sum("inFlight") },
  { head: "Workers up", at: 4, now: () => sum("up") },
];

const view = readView();
const state = {
  begun: 0, after: 0, since: 0, at: 0, balancer: null, registry: null, services: [], events: [], history: [],
  from: 0, matched: 0, total: 0, rows: [], isPaused: false, isFiltered: false, found: "", told: "", spoken: "",
};

// The view survives a reload, and can be sent to somebody.
function readView() {
  const given = new URLSearchParams(location.search);
  return {
    service: given.get("service") || "default", sort: given.get("sort") || "Registered", desc: given.get("desc") === "1",
    filter: given.get("filter") || "", from: 0, count: 0,
  };
}

function keepView() {
  const kept = new URLSearchParams();
  if (view.service !== "default") kept.set("service", view.service);
  if (view.sort !== "Registered") kept.set("sort", view.sort);
  if (view.desc) kept.set("desc", "1");
  if (view.filter) kept.set("filter", view.filter);
  history.replaceState(null, "", kept.size > 0 ? `?${kept}` : location.pathname);
}

// The connection: one stream for what is seen, opened again when something else is to be seen.
let following = null;
let retry = 0;
let retryTimer = 0;

function follow() {
  clearTimeout(retryTimer);
  following?.abort();
  if (state.isPaused || document.hidden) return;
  following = new AbortController();
  read(following.signal);
}

async function read(signal) {
  const asked = new URLSearchParams({
    service: view.service, sort: view.sort, desc: view.desc ? "1" : "0", filter: view.filter, from: view.from, count: view.count,
    begun: state.begun, after: state.after, since: state.since,
  });
  let why = "the balancer has closed the connection";
  try {
    const answer = await fetch(`live?${asked}`, { signal, cache: "no-store" });
    const isLive = answer.headers.get("content-type")?.startsWith("text/event-stream");
    if (!answer.ok || !isLive) {
      why = answer.status === 404 ? "the balancer is starting" : (await answer.text()).trim().split("\n")[0] || `status ${answer.status}`;
    } else {
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += part.value;
        const ends = text.lastIndexOf("\n\n");
        if (ends < 0) continue;
        for (const event of text.slice(0, ends).split("\n\n")) show(JSON.parse(event.slice("data: ".length)));
        text = text.slice(ends + 2);
        retry = 0;
      }
    }
  } catch (e) {
    if (signal.aborted) return;
    if (!(e instanceof TypeError)) throw e;
    why = "the balancer does not answer";
  }
  if (signal.aborted) return;
  retry = Math.min(retry + 1, 5);
  document.body.classList.add("stale");
  showBanner(`Not live: ${why}. This page tries again.`);
  retryTimer = setTimeout(follow, retry * 1000);
}

function show(frame) {
  document.body.classList.remove("stale");
  state.at = frame.at;
  if (frame.begun) Object.assign(state, { begun: frame.begun, events: [], history: [], since: 0 });
  if (frame.events) takeEvents(frame.events);
  if (frame.balancer) state.balancer = frame.balancer;
  if (frame.registry) state.registry = frame.registry;
  if (frame.services) state.services = frame.services;
  if (frame.history) takeHistory(frame.history);
  if (frame.problem !== undefined) state.problem = frame.problem;
  showBanner(state.problem);
  setText(byId("clock"), clock(state.at));
  if (frame.balancer || frame.registry) showHead();
  if (frame.registry) showWatch();
  if (frame.services) showServices();
  if (frame.table) takeRows(frame.table);
  if (frame.history || frame.services) showCharts();
  speak();
}

function showBanner(text) {
  const banner = byId("banner");
  banner.hidden = !text;
  setText(banner, text || "");
  speak();
}

// Read out: only what changes seldom and matters.
function speak() {
  const { balancer, registry } = state;
  const said = [
    byId("banner").hidden ? "" : byId("banner").textContent,
    balancer ? (balancer.rejection ? `Requests are rejected: ${balancer.rejection}.` : balancer.isPassingOn ? "" : "Requests are answered.") : "",
    registry && !registry.isConnected ? "The registry is not connected." : "",
    state.found,
    state.told,
  ].filter(Boolean).join(" ");
  if (said !== state.spoken) {
    state.spoken = said;
    byId("say").textContent = said;
  }
}

function setFact(id, text, tone) {
  setText(byId(id), text);
  byId(id).dataset.tone = tone;
}

function showHead() {
  const { balancer, registry } = state;
  if (balancer) {
    document.body.classList.toggle("takes-orders", balancer.takesOrders);
    setText(byId("id"), balancer.id);
    setText(byId("address"), balancer.address);
    document.title = `${balancer.id} – AkkaLb balancer`;
    setFact("role", balancer.role, balancer.isStandingBy ? "quiet" : "good");
    if (balancer.isPassingOn) setFact("ready", "passed on", "good");
    else setFact("ready", balancer.rejection ? `rejected: ${balancer.rejection}` : "answered", balancer.rejection ? "bad" : "good");
  }
  if (registry) {
    const { name, isConnected } = registry;
    setFact("registry", `${name}, ${isConnected ? "connected" : "not connected"}`, isConnected ? "good" : "bad");
  }
}

function showWatch() {
  const w = state.registry;
  const facts = [
    ["Kind", w.name], ["Watch", w.isConnected ? "connected" : "not connected; the last known workers stay"], ["Revision", whole.format(w.revision)],
    ["Last proof", w.proofAge === undefined ? "never" : `${seconds(w.proofAge)} ago`], ["Outages", whole.format(w.disconnects)],
    ["Read again", `${whole.format(w.resyncs)} times`], ["Last problem", w.lastProblem || "none"],
  ];
  const list = byId("watch");
  while (list.children.length < 2 * facts.length) list.append(make("dt"), make("dd"));
  facts.forEach(([name, value], i) => {
    setText(list.children[2 * i], name);
    setText(list.children[2 * i + 1], value);
  });
}

function sum(name) {
  return state.services.reduce((all, service) => all + service[name], 0);
}

function showServices() {
  const body = byId("services").tBodies[0];
  while (body.rows.length > state.services.length) body.lastChild.remove();
  state.services.forEach((service, i) => {
    let row = body.rows[i];
    if (!row) {
      row = body.insertRow();
      const head = row.appendChild(make("td"));
      const button = head.appendChild(make("button"));
      button.type = "button";
      button.addEventListener("click", () => see({ service: button.textContent, from: 0 }));
      ["", "number", "number", "number", "number", "says"].forEach(name => row.append(make("td", name)));
    }
    const [head, policy, up, inFlight, perSecond, waiting, says] = row.cells;
    setText(head.firstChild, service.name);
    head.firstChild.setAttribute("aria-pressed", service.name === view.service);
    setText(policy, service.policy);
    setText(up, `${whole.format(service.up)} of ${whole.format(service.workers)}`);
    setText(inFlight, tenths.format(service.inFlight));
    setText(perSecond, tenths.format(service.perSecond));
    setText(waiting, service.waiting ? `${whole.format(service.waiting)}, the first for ${seconds(service.longestWait)}` : "0");
    const isRejecting = service.rejection && !state.balancer?.isPassingOn;
    setText(says, isRejecting ? `rejected: ${service.rejection}` : service.rejection ? "passed on" : "answered");
    says.dataset.tone = isRejecting ? "bad" : "good";
  });
}

function takeEvents(events) {
  const last = state.events.at(-1)?.n ?? 0;
  state.events.push(...events.filter(e => e.n > last));
  state.events.splice(0, state.events.length - eventsMax);
  state.after = state.events.at(-1)?.n ?? 0;
  showEvents();
}

const levels = { info: 0, warning: 1, error: 2 };
const tones = { info: "quiet", warning: "busy", error: "bad" };

function showEvents() {
  const least = Number(byId("level").value);
  const words = byId("words").value.toLowerCase().split(" ").filter(Boolean);
  const shown = state.events.filter(e => levels[e.level] >= least && words.every(word => e.text.toLowerCase().includes(word)));
  byId("events").replaceChildren(...shown.reverse().map(e => {
    const item = make("li");
    const time = make("time", "", clock(e.at));
    time.dateTime = new Date(e.at).toISOString();
    time.title = time.dateTime;
    const level = make("span", "", e.level);
    level.dataset.tone = tones[e.level];
    item.append(time, level, make("span", "", e.text));
    return item;
  }));
  byId("quiet").hidden = shown.length > 0;
  setText(byId("quiet"), state.events.length > 0 ? "No event is left by this filter." : "No events.");
}

// Orders for a worker, where the balancer takes them. The token is where it was typed, and goes into the header of an order and nowhere else.
const orders = { worker: "", isGiving: false };

function showOrders(cell, w) {
  let button = cell.firstChild;
  if (!button) {
    button = cell.appendChild(make("button", "", "Order"));
    button.type = "button";
    button.addEventListener("click", () => openOrders(button.dataset.worker));
  }
  if (button.dataset.worker === w.id) return;
  button.dataset.worker = w.id;
  button.setAttribute("aria-label", `Order for ${w.id}`);
}

function openOrders(worker) {
  orders.worker = worker;
  setText(byId("orders-worker"), worker);
  byId("because").value = "";
  byId("weight").value = state.rows.find(w => w.id === worker)?.weight ?? 100;
  sayOfOrders("", "quiet");
  showOrdersNow();
  byId("orders").showModal();
  byId(byId("token").value ? "because" : "token").focus();
}

function showOrdersNow() {
  const w = state.rows.find(row => row.id === orders.worker);
  setText(byId("orders-now"), !w ? "It is not among the rows that are seen any more."
    : `Now: ${w.state}${w.why ? ` – ${w.why}` : ""}${w.weight ? `; weight ${w.weight} %` : ""}`);
  if (!w) return;
  for (const button of document.querySelectorAll("[data-order]")) {
    const isWanted = { drain: "drain", maint: "maintenance", ready: undefined }[button.dataset.order] === w.wanted;
    if (button.dataset.order !== "weight") button.setAttribute("aria-pressed", isWanted);
  }
}

function sayOfOrders(text, tone) {
  setText(byId("orders-said"), text);
  byId("orders-said").dataset.tone = tone;
}

// What is wrong with what was typed; empty: nothing.
function faultOf(order) {
  const token = byId("token").value;
  if (!token) return ["token", "The token is missing. Nothing was ordered."];
  if (/[^\x21-\x7e]/.test(token)) return ["token", "This page can send a token of ASCII letters, digits and signs only. Nothing was ordered."];
  const weight = byId("weight").value;
  if (order === "weight" && !(/^[0-9]+$/.test(weight) && weight >= 1 && weight <= 100))
    return ["weight", "The weight must be a whole number from 1 to 100. Nothing was ordered."];
  // A browser takes such a part off an address.
  if (orders.worker.split("/").some(part => part === "." || part === ".."))
    return ["orders-close", "A worker of this name takes orders from the client's program only."];
  return ["", ""];
}

async function giveOrder(order) {
  if (orders.isGiving) {
    sayOfOrders("The order before this one has no answer yet. Nothing more was ordered.", "bad");
    return;
  }
  const [field, fault] = faultOf(order);
  if (fault) {
    sayOfOrders(fault, "bad");
    byId(field).focus();
    return;
  }
  const [worker, more] = [orders.worker, new URLSearchParams()];
  if (order === "weight") more.set("percent", Number(byId("weight").value));
  for (const name of ["by", "because"]) if (byId(name).value.trim()) more.set(name, byId(name).value.trim());
  const path = ["workers", ...worker.split("/"), order].map(encodeURIComponent).join("/");
  orders.isGiving = true;
  document.body.classList.add("giving");
  sayOfOrders(`${worker} is being ordered …`, "quiet");
  let text, tone, wrong;
  try {
    [text, tone, wrong] = await outcomeOf(`${path}?${more}`);
  } finally {
    orders.isGiving = false;
    document.body.classList.remove("giving");
  }
  sayOfOrders(worker === orders.worker ? text : `${worker}: ${text}`, tone);
  if (wrong) {
    byId("token").focus();
    byId("token").select();
  }
}

// What became of an order, how much it is to catch the eye, and whether the token was wrong.
async function outcomeOf(address) {
  try {
    const answer = await fetch(address, {
      method: "POST", headers: { Authorization: `Bearer ${byId("token").value}` }, cache: "no-store", redirect: "error",
      signal: AbortSignal.timeout(answerMaxMs),
    });
    const said = (await answer.text()).trim().split("\n")[0] || `status ${answer.status}`;
    if (answer.ok) return [said, "good", false];
    if (answer.status === 401) return ["The token is wrong. Nothing was ordered.", "bad", true];
    if (answer.status === 405) return ["This balancer takes no orders any more. Nothing was ordered.", "bad", false];
    return [`The order was refused: ${said}`, "bad", false];
  } catch (e) {
    if (!(e instanceof TypeError || e.name === "TimeoutError")) throw e;
    return ["The balancer does not answer. The order may have been carried out: the worker's state will tell.", "bad", false];
  }
}

// Decisions: the latest of all while somebody sees them, or those of one job. They are asked for, and come by no stream.
const why = { id: "", timer: 0, asking: null, isSeen: false };

function isReadingDecisions() {
  const list = byId("made");
  return list.querySelector("details[open]") !== null || list.contains(document.activeElement) || list.matches(":hover");
}

// What somebody reads stands still.
function lookAtDecisions() {
  clearTimeout(why.timer);
  if (why.id) return;
  if (why.isSeen && !state.isPaused && !document.hidden && !isReadingDecisions()) askWhy(false);
  else why.timer = setTimeout(lookAtDecisions, decisionsEveryMs);
}

async function askWhy(isWanted) {
  clearTimeout(why.timer);
  why.asking?.abort();
  const asking = why.asking = new AbortController();
  const id = why.id;
  let [told, problem] = [null, ""];
  try {
    const signal = AbortSignal.any([asking.signal, AbortSignal.timeout(answerMaxMs)]);
    const answer = await fetch(`why?${new URLSearchParams(id ? { id } : {})}`, { signal, cache: "no-store" });
    if (answer.ok) told = await answer.json();
    else problem = (await answer.text()).trim().split("\n")[0] || `status ${answer.status}`;
  } catch (e) {
    if (asking.signal.aborted) return;
    problem = e.name === "TimeoutError" || e instanceof TypeError ? "the balancer does not answer" : `its answer cannot be read: ${e.message}`;
  }
  if (asking.signal.aborted) return;
  if (isWanted || !isReadingDecisions()) showDecisions(told, problem, id);
  if (!id) why.timer = setTimeout(lookAtDecisions, decisionsEveryMs);
}

function showDecisions(told, problem, id) {
  const all = told ? [...told.waiting.map(held => [held, true]), ...told.made.reverse().map(made => [made, false])] : [];
  byId("made").replaceChildren(...all.map(([decision, isWaiting]) => decisionItem(decision, isWaiting)));
  const said = problem || (all.length > 0 ? "" : state.balancer?.isStandingBy
    ? "This balancer stands by. The one that decides knows its decisions." : "No decisions yet.");
  byId("undecided").hidden = !said;
  setText(byId("undecided"), said);
  setText(byId("decided"), told ? `${id || "the latest"}, as of ${clock(Date.now())}` : "");
  state.told = !id ? "" : problem || (all.length === 1 ? `1 decision of ${id} is told.` : `${all.length} decisions of ${id} are told.`);
  speak();
}

function decisionItem(decision, isWaiting) {
  const item = make("li");
  const details = item.appendChild(make("details"));
  const head = details.appendChild(make("summary"));
  const [word, tone] = isWaiting ? ["waits", "busy"] : decision.picked ? [decision.picked.worker, "good"] : ["nobody", "bad"];
  const mark = make("b", "", word);
  mark.dataset.tone = tone;
  head.append(mark, decision.sentence);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(isWaiting ? heldNumbers(decision) : decisionNumbers(decision));
  });
  return item;
}

function facts(pairs) {
  const list = make("dl");
  for (const [name, value] of pairs) list.append(make("dt", "", name), make("dd", "", value));
  return list;
}

function heldNumbers(held) {
  const box = make("div");
  box.append(facts([
    ["Service", held.service], ["Job", held.job ?? "not told"], ["Request", held.request], ["Priority", held.priority],
    ["Waits for", duration(held.sinceMs)], ["Older requests", whole.format(held.ahead)], ["Because", held.why],
  ]));
  return box;
}

function decisionNumbers(decision) {
  const box = make("div");
  if (decision.picked) {
    const table = box.appendChild(make("table"));
    table.createCaption().className = "spoken";
    setText(table.caption, "Workers that could be picked, as the balancer saw them");
    const head = table.createTHead().insertRow();
    for (const name of ["Worker", "Picked", "In flight", "Places", "Memory", "Report"]) {
      const cell = head.appendChild(make("th", ["Worker", "Picked"].includes(name) ? "" : "number", name));
      cell.scope = "col";
    }
    const body = table.createTBody();
    for (const sight of [decision.picked, ...decision.others]) {
      const row = body.insertRow();
      row.appendChild(make("th", "", sight.worker)).scope = "row";
      row.append(
        make("td", "", sight === decision.picked ? "picked" : "–"), make("td", "number", tenths.format(sight.inFlight)),
        make("td", "number", whole.format(sight.places)),
        make("td", "number", sight.residentBytes === null ? "–" : mebibytes(sight.residentBytes / 1048576)),
        make("td", "number", sight.reportAgeMs === null ? "–" : duration(sight.reportAgeMs)));
    }
  }
  box.append(facts([
    ["Service", decision.service], ["Policy", decision.policy], ["Job", decision.job ?? "not told"], ["Request", decision.request],
    ["Could take jobs", `${whole.format(decision.eligible)} of ${whole.format(decision.workers)}`], ["Left out", whole.format(decision.leftOut)],
    ["Passed over", whole.format(decision.passedOver)], ["Had waited", duration(decision.waitedMs)],
    ["Waited beside it", whole.format(decision.waiting)], ["Age", duration(decision.ageMs)],
    ["End", decision.end ?? "not told yet"], ["Took", decision.tookMs === null ? "–" : duration(decision.tookMs)],
    ...(decision.rejection ? [["Because", decision.rejection]] : []),
  ]));
  return box;
}

function lookUp(id) {
  why.id = id;
  byId("why-latest").setAttribute("aria-pressed", id === "");
  askWhy(true);
}

// Charts.
function takeHistory(samples) {
  const last = state.history.at(-1)?.[0] ?? 0;
  state.history.push(...samples.filter(sample => sample[0] > last));
  state.since = state.history.at(-1)?.[0] ?? 0;
  while (state.history.length > 0 && state.history[0][0] < state.at - historyMs) state.history.shift();
}

function svg(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const name in attributes) made.setAttribute(name, attributes[name]);
  return made;
}

function buildCharts() {
  for (const chart of charts) {
    const card = make("div", "chart");
    chart.value = make("strong", "", "–");
    chart.most = make("span");
    const line = make("p");
    line.append(chart.value, chart.most);
    chart.svg = svg("svg", { viewBox: "0 0 900 44", preserveAspectRatio: "none", role: "img", "aria-label": chart.head });
    chart.area = svg("path", { class: "area" });
    chart.curve = svg("path", { class: "curve" });
    chart.svg.append(svg("path", { class: "base", d: "M0 43.5H900" }), chart.area, chart.curve);
    card.append(make("h3", "", chart.head), line, chart.svg);
    byId("charts").append(card);
  }
}

function showCharts() {
  for (const chart of charts) {
    const values = state.history.map(sample => sample[chart.at]);
    const most = Math.max(chart.now(), ...values);
    const [curve, area] = drawn(state.history, chart.at, most);
    chart.curve.setAttribute("d", curve);
    chart.area.setAttribute("d", area);
    setText(chart.value, tenths.format(chart.now()));
    setText(chart.most, `15 min, at most ${tenths.format(most)}`);
    chart.svg.setAttribute("aria-label", `${chart.head} in the last 15 minutes: at most ${tenths.format(most)}`);
  }
}

// Where samples are missing there is a gap, and not a line that nobody has measured.
function drawn(samples, at, most) {
  let [curve, area, first, before] = ["", "", 0, null];
  const x = sample => (900 * (1 - (state.at - sample[0]) / historyMs)).toFixed(1);
  const close = () => { if (before) area += `L${x(before)} 44H${first}Z`; };
  for (const sample of samples) {
    const y = (42 - 38 * (most > 0 ? sample[at] / most : 0)).toFixed(1);
    const begins = !before || sample[0] - before[0] > gapMs;
    if (begins) {
      close();
      first = x(sample);
    }
    curve += `${begins ? "M" : "L"}${x(sample)} ${y}`;
    area += begins ? `M${first} 44L${first} ${y}` : `L${x(sample)} ${y}`;
    before = sample;
  }
  close();
  return [curve, area];
}

// The workers: rows of what is seen and a little more, with room for all of them.
const scroller = byId("scroller");
const rows = byId("rows");
const [above, below] = document.querySelectorAll(".space td");

function showId(cell, w) {
  setText(cell, w.id);
  setTitle(cell, `${w.id}, incarnation ${w.incarnation}`);
}

function showState(cell, w) {
  setText(cell, w.state);
  cell.dataset.tone = w.tone;
}

// Two lines at most, in a row that does not grow.
function showWhy(cell, w) {
  setBoth(cell.firstChild ?? cell.appendChild(make("span")), w.why);
}

function showReport(cell, w) {
  setText(cell, seconds(w.reportAge));
}

function showAnswers(cell, w) {
  setText(cell, w.answer === undefined ? "–" : duration(w.answer));
}

function showError(cell, w) {
  setBoth(cell, w.error === undefined ? "–" : `${w.error} ${ago(w.errorAge)} ago`);
}

function showDrift(cell, w) {
  setText(cell, w.drift === 0 ? "0" : (w.drift > 0 ? "+" : "−") + tenths.format(Math.abs(w.drift)));
}

function ofCapacity(w) {
  return w.capacity === undefined ? tenths.format(w.inFlight) : `${tenths.format(w.inFlight)} of ${whole.format(w.capacity)}`;
}

function ofLimit(w) {
  if (w.memory === undefined) return "–";
  return w.limit > 0 ? `${mebibytes(w.memory)} of ${mebibytes(w.limit)}` : mebibytes(w.memory);
}

function share(cell, value, of, text) {
  if (!cell.firstChild) cell.append(make("span"), make("span", "share"));
  const [label, bar] = cell.children;
  setText(label, text);
  if (!bar.firstChild) bar.append(make("i"));
  const part = of > 0 ? Math.min(1, Math.max(0, value) / of) : 0;
  bar.firstChild.style.width = `${Math.round(100 * part)}%`;
  bar.toggleAttribute("data-full", part >= 0.9);
}

function buildHead() {
  const head = byId("table").tHead.rows[0];
  for (const column of columns) {
    const cell = head.appendChild(make("th", ["number", "orders"].includes(column.className) ? column.className : ""));
    cell.scope = "col";
    cell.style.width = column.width;
    column.cell = cell;
    if (column.hint) cell.title = column.hint;
    if (!column.sort) {
      cell.textContent = column.head;
      continue;
    }
    const button = cell.appendChild(make("button", "", column.head));
    button.type = "button";
    button.addEventListener("click", () => sortBy(column.sort));
  }
}

// A third click puts them back in the order in which they registered.
function sortBy(key) {
  if (view.sort !== key) see({ sort: key, desc: false, from: 0 });
  else if (!view.desc) see({ desc: true, from: 0 });
  else see({ sort: "Registered", desc: false, from: 0 });
}

function showSort() {
  for (const { cell, sort, head } of columns) {
    const isSorted = sort !== undefined && sort === view.sort;
    if (isSorted) cell.setAttribute("aria-sort", view.desc ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
    if (sort) setText(cell.firstChild, head + (isSorted ? (view.desc ? " ↓" : " ↑") : ""));
  }
}

function takeRows(table) {
  if (table.service !== view.service) return;
  state.rows = table.rows.map((row, i) => row ?? state.rows[i]);
  Object.assign(state, { from: table.from, matched: table.matched, total: table.total });
  if (state.isFiltered) {
    state.isFiltered = false;
    state.found = view.filter ? `${whole.format(state.matched)} of ${whole.format(state.total)} workers are left by the filter.` : "";
  }
  showRows();
}

function showRows() {
  byId("table").setAttribute("aria-rowcount", state.matched + 1);
  above.style.height = `${state.from * rowHeight}px`;
  below.style.height = `${Math.max(0, state.matched - state.from - state.rows.length) * rowHeight}px`;
  while (rows.rows.length > state.rows.length) rows.lastChild.remove();
  state.rows.forEach((worker, i) => {
    let row = rows.rows[i];
    if (!row) {
      row = rows.insertRow();
      for (const column of columns) {
        const cell = row.appendChild(make(column.isHead ? "th" : "td", column.className));
        if (column.isHead) cell.scope = "row";
      }
    }
    row.setAttribute("aria-rowindex", state.from + i + 2);
    columns.forEach((column, at) => column.fill(row.cells[at], worker));
  });
  if (byId("orders").open) showOrdersNow();
  setText(byId("count"), view.filter ? `${whole.format(state.matched)} of ${whole.format(state.total)}` : whole.format(state.total));
  byId("none").hidden = state.matched > 0;
  setText(byId("none"), state.balancer?.isStandingBy ? "This balancer stands by. The one that decides knows the workers."
    : state.total > 0 ? "No worker is left by this filter." : "No worker is registered.");
}

function see(change) {
  Object.assign(view, change);
  if (change.from === 0) scroller.scrollTop = 0;
  keepView();
  setText(byId("service"), view.service);
  showSort();
  showServices();
  look(true);
}

// Which rows are to be had; the stream is opened again when those that there are do not do any more.
function look(isOther) {
  const height = Math.max(250, Math.min(700, 0.46 * innerHeight));
  scroller.style.maxHeight = `${height}px`;
  const first = Math.floor(scroller.scrollTop / rowHeight);
  const seen = Math.ceil(height / rowHeight);
  const wanted = Math.min(rowsMax, seen + 2 * overscan);
  const from = Math.max(0, first - overscan);
  const isThere = Math.abs(from - view.from) < overscan - 2 && wanted <= view.count;
  if (!isOther && isThere) return;
  Object.assign(view, { from, count: wanted });
  follow();
}

function later(act, ms) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, ms);
  };
}

buildCharts();
buildHead();
setText(byId("service"), view.service);
byId("filter").value = view.filter;
showSort();
scroller.addEventListener("scroll", later(() => look(false), 60), { passive: true });
addEventListener("resize", later(() => look(false), 200));
byId("filter").addEventListener("input", later(() => {
  state.isFiltered = true;
  see({ filter: byId("filter").value.trim(), from: 0 });
}, 200));
byId("level").addEventListener("change", showEvents);
byId("words").addEventListener("input", showEvents);
for (const button of document.querySelectorAll("[data-order]")) button.addEventListener("click", () => giveOrder(button.dataset.order));
byId("orders-form").addEventListener("submit", e => e.preventDefault());
byId("orders-close").addEventListener("click", () => byId("orders").close());
byId("why").addEventListener("submit", e => {
  e.preventDefault();
  lookUp(byId("why-id").value.trim());
});
byId("why-latest").addEventListener("click", () => {
  byId("why-id").value = "";
  lookUp("");
});
new IntersectionObserver(entries => {
  why.isSeen = entries.at(-1).isIntersecting;
  lookAtDecisions();
}).observe(byId("decisions"));
document.addEventListener("visibilitychange", follow);
byId("pause").addEventListener("click", () => {
  state.isPaused = !state.isPaused;
  byId("pause").setAttribute("aria-pressed", state.isPaused);
  setText(byId("pause"), state.isPaused ? "Paused" : "Pause");
  follow();
});
look(true);
