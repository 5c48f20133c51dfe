// The case page: newest entry in view, one compose form at a time, who else is here, news from others.
import { t } from "./text.js";

const page = document.querySelector("main[data-case]");

let lastForm = "reply"; // the tab chosen last, shown again when the forms come anew

function showForm(wanted, focus = true) {
  // A question put to us has a form for its answer in place of the reply to a customer.
  const forms = [...document.querySelectorAll("form[data-compose]")];
  const name = (forms.find((form) => form.dataset.compose === wanted) ?? forms[0])?.dataset.compose;
  lastForm = name ?? lastForm;
  for (const form of forms) form.hidden = form.dataset.compose !== name;
  for (const tab of document.querySelectorAll("[data-compose-tab]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.composeTab === name));
  }
  if (focus) document.querySelector(`form[data-compose="${name}"] textarea`)?.focus();
}

const shownForm = () => document.querySelector("form[data-compose]:not([hidden])");
const writing = () => [...document.querySelectorAll("form[data-compose] textarea")].some((el) => el.value.trim());

// ---- timeline: start at the newest; offer to go there when one has scrolled away ----
function toNewest() {
  const scroll = document.querySelector(".tlscroll");
  if (scroll) scroll.scrollTop = scroll.scrollHeight;
}
function offerJump() {
  const scroll = document.querySelector(".tlscroll"), jump = document.querySelector(".jump");
  if (!scroll || !jump) return;
  const bottom = scroll.getBoundingClientRect().bottom;
  const below = [...scroll.querySelectorAll(".timeline > li:not(.day)")].filter((el) => el.getBoundingClientRect().top > bottom - 20);
  jump.hidden = below.length === 0;
  if (below.length) jump.textContent = t("jump", { n: below.length, at: below.at(-1).querySelector("time")?.textContent ?? "" });
}

if (page) {
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-compose-tab]");
    if (tab) showForm(tab.dataset.composeTab);
    if (event.target.closest(".jump")) toNewest();
    const phrase = event.target.closest("[data-phrase]");
    if (phrase) {
      const area = shownForm().querySelector("textarea");
      area.setRangeText(phrase.dataset.phrase, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
      area.focus();
      phrase.closest("details")?.removeAttribute("open");
    }
    // Opened explanations close where they were opened.
    const why = event.target.closest(".why[aria-controls]");
    if (why?.getAttribute("aria-expanded") === "true") {
      document.getElementById(why.getAttribute("aria-controls"))?.replaceChildren();
      why.setAttribute("aria-expanded", "false");
      event.stopPropagation();
    }
    const answer = event.target.closest("[data-answer]");
    if (answer?.dataset.answer === "anyway") {
      const form = document.querySelector(`form[data-compose="${answer.dataset.form}"]`);
      form.elements.version.value = answer.dataset.version;
      form.requestSubmit();
    }
    if (answer?.dataset.answer === "as-note") {
      const from = document.querySelector(`form[data-compose="${answer.dataset.form}"] textarea`);
      const to = document.querySelector('form[data-compose="note"] textarea');
      to.value = [to.value.trim(), from.value.trim()].filter(Boolean).join("\n");
      from.value = "";
      for (const el of [from, to]) el.dispatchEvent(new Event("input", { bubbles: true }));
      answer.closest("[data-conflict]")?.remove();
      showForm("note");
    }
  }, true);
  document.addEventListener("scroll", (event) => { if (event.target.classList?.contains("tlscroll")) offerJump(); }, true);
  document.addEventListener("htmx:afterSettle", (event) => {
    const slot = event.target.closest?.(".why-slot");
    if (slot) {
      document.querySelector(`[aria-controls="${slot.id}"]`)?.setAttribute("aria-expanded", "true");
      return offerJump();
    }
    if (event.target.id === "reply") showForm(lastForm, false);
    if (event.target.id === "timeline" || event.target.querySelector?.("#timeline")) toNewest();
    offerJump();
  });
  // The facts come anew with every news; whoever reads them stays where he was.
  let read = 0;
  const facts = () => document.getElementById("side");
  document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => { if (detail.target.id === "side") read = detail.target.scrollTop; });
  document.addEventListener("htmx:oobAfterSwap", ({ detail }) => { if (detail.target.id === "side") facts().scrollTop = read; });
  // A phone call may be entered a little later than it happened; what is typed or sent is stamped on arrival.
  // A customer who reads the answer sees whose it is.
  const fitChannel = () => {
    const channel = document.querySelector("form[data-compose] [name=channel]");
    for (const el of document.querySelectorAll("[data-channels]")) {
      el.hidden = !el.dataset.channels.split(" ").includes(channel?.value);
    }
  };
  for (const name of ["change", "kefu:restored", "htmx:afterSettle"]) document.addEventListener(name, fitChannel);
  fitChannel();
  toNewest();
  offerJump();
  const wanted = location.hash.slice(1);
  if (["reply", "outlet", "note"].includes(wanted)) showForm(wanted);
  else if (wanted) document.getElementById(wanted)?.scrollIntoView({ block: "start" });

  // ---- who else is here ----
  const presence = document.getElementById("presence");
  const greet = () => {
    if (!presence || document.hidden) return;
    const form = shownForm();
    const chars = form?.querySelector("textarea")?.value.trim().length ?? 0;
    htmx.ajax("POST", presence.dataset.url, {
      source: presence, target: presence, swap: "innerHTML", values: { typing: chars ? form.dataset.compose : "", chars },
    }).catch(() => {}); // a courtesy: the line's own banner says when it is cut
  };
  if (presence) {
    greet();
    setInterval(greet, 10e3);
    let soonest = null;
    document.addEventListener("input", (event) => {
      if (!event.target.closest("form[data-compose]")) return;
      soonest ??= setTimeout(() => { soonest = null; greet(); }, 1500);
    });
    document.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.requestConfig.elt.matches("form[data-compose]")) greet(); // no longer writing
    });
    addEventListener("pagehide", () => {
      const leaving = new FormData();
      leaving.append("leaving", "1");
      leaving.append("csrfmiddlewaretoken", document.querySelector("meta[name=csrf-token]")?.content ?? "");
      navigator.sendBeacon?.(presence.dataset.url, leaving);
    });
  }

  // ---- news: show it at once; the version a reply answers to moves on only when nothing has been written yet ----
  let refreshing = null;
  document.addEventListener("kefu:live", (event) => {
    if (String(event.detail.case) !== page.dataset.case && !event.detail.reset) return;
    refreshing ??= setTimeout(() => {
      refreshing = null;
      const url = new URL(page.dataset.parts, location.href);
      if (!writing()) url.searchParams.set("fresh", "1");
      htmx.ajax("GET", url.pathname + url.search, { source: page, target: page, swap: "none" }).catch(() => {});
    }, 300);
  });
}
