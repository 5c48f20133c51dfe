// The queue: one selected row, walked with j and k; rows come, change and go while one looks. Order: soonest due first.
import { t } from "./text.js";
import { say } from "./toast.js";

const body = document.querySelector("tbody[data-queue]");
const preview = document.getElementById("preview");
const rows = () => [...body.querySelectorAll("tr[data-number]")];
const selected = () => body.querySelector('tr[aria-selected="true"]');
const due = (row) => (row.dataset.due ? Date.parse(row.dataset.due) : Infinity);
const before = (a, b) => due(a) - due(b) || Number(a.dataset.id) - Number(b.dataset.id);
let previewTimer = null;

function select(row, { focus = true } = {}) {
  if (!row) return;
  for (const other of rows()) {
    other.setAttribute("aria-selected", String(other === row));
    other.tabIndex = other === row ? 0 : -1;
  }
  if (focus) row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  if (!preview?.getClientRects().length) return;
  clearTimeout(previewTimer);
  previewTimer = setTimeout(() => {
    htmx.ajax("GET", row.dataset.preview, { target: preview, swap: "innerHTML", source: preview }).catch(() => {});
  }, 150);
}

function step(by) {
  const all = rows();
  const at = all.indexOf(selected());
  select(all[Math.max(0, Math.min(all.length - 1, at + by))] ?? all[0]);
}

function open(row, hash = "") {
  if (row) location.href = row.dataset.href + hash;
}

/** Put a row where it belongs; a row beyond the last one of a longer list is not shown. */
function place(row) {
  const rest = rows().filter((other) => other !== row);
  const next = rest.find((other) => before(row, other) < 0);
  if (!next && body.dataset.more && rest.length) return row.remove();
  body.insertBefore(row, next ?? null);
}

// ---- news ----
const stale = new Set();
let fetching = null;

async function refresh() {
  fetching = null;
  const ids = [...stale].slice(0, 50);
  stale.clear();
  const query = new URLSearchParams(ids.map((id) => ["id", id]));
  const answer = await fetch(`${body.dataset.rows}${body.dataset.rows.includes("?") ? "&" : "?"}${query}`, {
    headers: { "X-Requested-With": "XMLHttpRequest", "HX-Request": "true" },
  }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(`<table><tbody>${await answer.text()}</tbody></table>`, "text/html");
  for (const id of ids) {
    const old = body.querySelector(`tr[data-id="${id}"]`);
    const found = fresh.querySelector(`tr[data-id="${id}"]`);
    if (!found) {
      if (old === selected()) select(old?.nextElementSibling ?? old?.previousElementSibling, { focus: old?.contains(document.activeElement) });
      old?.remove();
      continue;
    }
    const row = document.importNode(found, true);
    const focused = old?.contains(document.activeElement);
    if (old) {
      row.setAttribute("aria-selected", old.getAttribute("aria-selected"));
      row.tabIndex = old.tabIndex;
      old.replaceWith(row);
    } else {
      row.classList.add("arrived");
      say(t("arrived", { number: row.dataset.number }));
    }
    htmx.process(row);
    place(row);
    if (focused) row.focus({ preventScroll: true });
  }
  const empty = rows().length === 0;
  if (empty !== Boolean(document.querySelector("[data-empty]"))) location.reload(); // to or from the empty state
}

if (body) {
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-number]");
    if (!row || event.target.closest("a, button") || getSelection().toString()) return;
    if (preview?.getClientRects().length && row !== selected()) select(row);
    else open(row);
  });
  body.addEventListener("focusin", (event) => {
    const row = event.target.closest("tr[data-number]");
    if (row && row !== selected()) select(row, { focus: false });
  });
  document.addEventListener("click", (event) => {
    const action = event.target.closest("[data-row-action]")?.dataset.rowAction;
    if (!action) return;
    const row = selected() ?? rows()[0];
    if (action === "down") step(1);
    if (action === "up") step(-1);
    if (action === "open") open(row);
    if (action === "reply") open(row, "#reply");
    if (action === "transfer" && row) htmx.ajax("GET", row.dataset.transfer, { target: "#dialog", swap: "innerHTML" });
  });
  document.addEventListener("kefu:live", (event) => {
    if (event.detail.reset) return location.reload(); // away for long: everything may have changed
    if (!event.detail.case) return;
    stale.add(Number(event.detail.case));
    fetching ??= setTimeout(refresh, 400);
  });
  document.addEventListener("kefu:due", (event) => {
    const row = event.target.closest("tr[data-number]");
    if (row) place(row);
  });
  // "Put first what I touch": the first row is where j starts.
  if (!selected()) { const first = rows()[0]; first?.setAttribute("tabindex", "0"); }
  if (preview?.getClientRects().length) select(rows()[0], { focus: false });
}

// ---- the numbers beside the views, and the bell ----
const counts = document.querySelector("[data-counts]");
let counting = null;
function recount() {
  counting ??= setTimeout(() => {
    counting = null;
    if (!document.hidden) htmx.ajax("GET", counts.dataset.counts, { target: counts, swap: "none", source: counts }).catch(() => {});
  }, 1500);
}
if (counts) {
  document.addEventListener("kefu:live", recount);
  document.addEventListener("kefu:due", recount);
}

// ---- hand-over: one choice for all rows ----
document.querySelector("[data-fill]")?.addEventListener("change", (event) => {
  for (const select of document.querySelectorAll(event.target.dataset.fill)) select.value = event.target.value;
});
