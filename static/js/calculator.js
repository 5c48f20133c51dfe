// The calculator: the address follows what is typed, so that it can be sent to a colleague; a row that was added is ready
// to be filled in; a link to a fact opens what it is hidden in. Who has pressed “calculate” is told what is missing from
// then on, or the keystroke before it, which is sent a moment later, would take the answer away again.
function follow() {
  const { address } = document.getElementById("outcome")?.dataset ?? {};
  const here = address ? new URL(address) : new URL(location.pathname, location.href);
  history.replaceState(null, "", here.pathname + here.search);
  // The switch of languages comes back to what is typed now.
  const next = document.querySelector(".topbar input[name=next]");
  if (next) next.value = here.pathname + here.search;
}

document.addEventListener("submit", (event) => {
  if (event.target.id === "facts" && event.submitter?.name === "check") event.target.dataset.strict = "1";
}, true); // before htmx sends it
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id === "facts" && event.target.dataset.strict) event.detail.parameters.check = "1";
});

// A choice brings another form. What is typed while it is on its way must neither call it off nor be lost.
let choosing = false;
let typedSince = [];
const typing = () => document.querySelectorAll("#facts input[type=text], #facts textarea");
document.addEventListener("htmx:beforeSend", ({ detail }) => {
  if (detail.target.id === "calculator" && detail.requestConfig.triggeringEvent?.type === "change") choosing = true;
});
document.addEventListener("htmx:confirm", (event) => {
  if (choosing && event.target.id === "facts" && event.detail.triggeringEvent?.type === "input") event.preventDefault();
});
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!choosing || detail.target.id !== "calculator") return;
  const sent = detail.requestConfig.formData;
  typedSince = [...typing()].filter((one) => sent.get(one.name) !== one.value).map((one) => [one.name, one.value]);
});
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (detail.target.id === "calculator") choosing = false;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "calculator") return;
  const later = new Map(typedSince);
  typedSince = [];
  for (const one of typing()) {
    if (!later.has(one.name)) continue;
    one.value = later.get(one.name);
    one.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

let added = "";
document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.target.closest?.("button[name=add]");
  added = button ? button.closest("fieldset").id : "";
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (!document.getElementById("outcome")) return;
  follow();
  if (added && event.target.id === "calculator") {
    const rows = document.getElementById(added)?.querySelectorAll(":scope > .one");
    rows?.[rows.length - 1]?.querySelector("input, select, textarea")?.focus();
    added = "";
  }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('#outcome a[href^="#f-"]');
  const fact = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!fact) return;
  event.preventDefault();
  for (let place = fact.closest("details"); place; place = place.parentElement.closest("details")) place.open = true;
  fact.scrollIntoView({ block: "center" });
  (fact.matches("input, select, textarea") ? fact : fact.querySelector("input, select, textarea, button"))?.focus();
});
