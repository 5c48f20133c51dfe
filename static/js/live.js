// Live updates by server-sent events. Each event has the id of its row in the outbox, so a stream that broke goes on
// where it stopped ("Last-Event-ID", or ?after= when we open a new one). Pages listen for "kefu:live".
// - A page in the background gives its stream up to the one in front: a browser opens six connections a host.
// - No sign of life for 40 s, or an error: the banner says since when, and we try again.
// - Streams impossible (an old proxy): we ask every 5 s.
import { correct, length, now, wall } from "./clock.js";
import { t } from "./text.js";
import { askToSignIn, stillSignedIn } from "./session.js";
import { toast } from "./toast.js";

const { live: url, livePoll: pollUrl, caseUrl } = document.body.dataset;
const sign = document.querySelector("[data-live-sign]");
const banner = document.getElementById("offline");
const SILENCE = 40e3, POLL = 5e3, GRACE = 3e3, RESUMED = 8e3;

let last = document.body.dataset.liveAfter ?? ""; // opaque; grows in the order of the outbox
let source = null, poller = null, retry = null;
let heardAt = performance.now();
let downSince = null; // server time at which we stopped hearing
let failures = 0, caughtUp = 0;

function state(name) {
  if (!sign || sign.dataset.state === name) return;
  sign.dataset.state = name;
  sign.textContent = t(`live_${name}`);
}

function heard(event) {
  heardAt = performance.now();
  failures = 0;
  if (event?.now) correct(event.now);
  if (downSince !== null) up();
}

function take(event) {
  if (event.id) last = event.id;
  if (banner?.dataset.state === "up") caughtUp += 1;
  document.dispatchEvent(new CustomEvent("kefu:live", { detail: event }));
  const open = document.querySelector("main[data-case]")?.dataset.case;
  if (event.mine && String(event.case) !== open) toast(event.label, event.case ? { label: t("look"), href: caseUrl.replace("/0/", `/${event.case}/`) } : null);
}

function down() {
  if (downSince === null) downSince = now();
}

function up() {
  downSince = null;
  if (!banner || banner.hidden) return;
  banner.dataset.state = "up";
  caughtUp = 0;
  const at = wall();
  banner.querySelector("[data-down]").hidden = true;
  banner.querySelector("[data-up]").hidden = false;
  const say = () => { banner.querySelector("[data-resumed]").textContent = t(caughtUp ? "resumed" : "resumed_none", { at, n: caughtUp }); };
  say();
  setTimeout(say, 1500); // what was missed comes in the first moments
  setTimeout(() => { if (banner.dataset.state === "up") { banner.hidden = true; banner.dataset.state = ""; } }, RESUMED);
}

function show() {
  if (!banner || downSince === null || now() - downSince < GRACE) return;
  if (banner.hidden || banner.dataset.state !== "down") {
    banner.hidden = false;
    banner.dataset.state = "down";
    banner.querySelector("[data-down]").hidden = false;
    banner.querySelector("[data-up]").hidden = true;
    banner.querySelector("[data-stopped]").textContent = wall(downSince);
  }
  banner.querySelector("[data-for]").textContent = length(now() - downSince);
  state("down");
}

function close() {
  source?.close();
  source = null;
  clearTimeout(retry);
}

function query() {
  const open = document.querySelector("main[data-case]")?.dataset.case;
  return new URLSearchParams(open ? { after: last, case: open } : { after: last });
}

function connect() {
  close();
  if (poller || !url) return;
  heardAt = performance.now();
  source = new EventSource(`${url}?${query()}`);
  source.addEventListener("clock", (event) => { state("on"); heard(JSON.parse(event.data)); });
  source.addEventListener("change", (event) => {
    const change = JSON.parse(event.data);
    heard(change);
    take({ ...change, id: event.lastEventId });
  });
  source.onerror = () => { down(); again(); };
}

async function again() {
  close();
  failures += 1;
  // A refused stream and a lost line look the same to EventSource; one plain request tells them apart.
  try {
    if (!(await stillSignedIn())) return askToSignIn(() => { failures = 0; connect(); });
    if (failures >= 4) return poll();
  } catch { /* no line: keep trying */ }
  retry = setTimeout(connect, Math.min(30e3, 1000 * 2 ** Math.min(failures, 5)) * (0.7 + Math.random() * 0.6));
}

function poll() {
  if (poller) return;
  const ask = async () => {
    try {
      const answer = await fetch(`${pollUrl}?${query()}`, { headers: { "X-Requested-With": "XMLHttpRequest" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const { now: instant, events } = await answer.json();
      heard({ now: instant });
      state("polling");
      events.forEach(take);
    } catch { down(); }
  };
  poller = setInterval(ask, POLL);
  ask();
  setTimeout(() => { clearInterval(poller); poller = null; failures = 0; connect(); }, 300e3); // the proxy may have gone
}

if (url && window.EventSource) {
  const front = window.BroadcastChannel ? new BroadcastChannel("kefu-front") : null;
  front?.addEventListener("message", () => { if (document.hidden) { close(); downSince = null; } });
  const come = () => {
    if (document.hidden) return;
    front?.postMessage("front");
    if (!source) { failures = 0; connect(); }
  };
  document.addEventListener("visibilitychange", come);
  addEventListener("pageshow", (event) => { if (event.persisted) { close(); come(); } });
  addEventListener("online", () => { failures = 0; connect(); });
  addEventListener("offline", down);
  banner?.querySelector("[data-retry]")?.addEventListener("click", () => { failures = 0; connect(); });
  let beat = Date.now();
  setInterval(() => {
    // The desk slept, or its clock was set: the stream's first word gives us the right time again.
    if (Math.abs(Date.now() - beat - 1000) > 10e3 && source) connect();
    beat = Date.now();
    if (source && performance.now() - heardAt > SILENCE) { down(); again(); }
    show();
  }, 1000);
  connect();
  if (!document.hidden) front?.postMessage("front");
} else if (url) poll();
