// What somebody is writing survives everything: a reload, an expired session, a lost line, a crash of the browser.
// <form data-draft="WD-1120-087:reply"> is kept in this browser, per user, and leaves when the server has taken it.
import { now, wall } from "./clock.js";
import { t } from "./text.js";

const user = document.body.dataset.user ?? "";
const PREFIX = "kefu:draft:";
const SUBMITTED = "kefu:submitted";
const KEEP = 24 * 3600e3; // customers' words do not stay on a shared desk longer than a shift and a night
const key = (form) => `${PREFIX}${user}:${form.dataset.draft}`;
// The ticket is kept, too: what was sent and got no answer is not recorded a second time when it is sent again.
const kept = (el) => el.name && (el.name === "ticket" || !el.matches("[type=hidden], [type=password], [type=file], [type=submit], [data-no-draft]"));

function read(form) {
  const fields = {};
  for (const el of form.elements) {
    if (!kept(el)) continue;
    if (el.type === "checkbox") fields[el.name] = el.checked;
    else if (el.type === "radio") { if (el.checked) fields[el.name] = el.value; }
    else fields[el.name] = el.value;
  }
  return fields;
}

// A form that is empty again, or was taken and stays on the page, is a new one.
const chosen = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
export function renew(form) {
  const ticket = form.elements?.namedItem("ticket");
  if (ticket) ticket.value = chosen();
}

const hasText = (form) => [...form.elements].some((el) => kept(el) && (el.matches("textarea") ? el.value.trim() : el.type === "text" && el.value !== el.defaultValue));

export function save(form) {
  if (!form.dataset.draft) return;
  if (!hasText(form)) {
    localStorage.removeItem(key(form));
    renew(form);
  } else {
    try {
      localStorage.setItem(key(form), JSON.stringify({ at: now(), fields: read(form) }));
    } catch { return; } // storage full or forbidden: the text is still in the field
  }
  const sign = form.querySelector("[data-draft-sign]");
  if (sign) sign.textContent = hasText(form) ? t("draft_kept", { at: wall(now(), false) }) : "";
}

function restore(form) {
  const text = localStorage.getItem(key(form));
  if (!text || hasText(form)) return;
  let draft;
  try { draft = JSON.parse(text); } catch { return; }
  for (const el of form.elements) {
    if (!kept(el) || !(el.name in draft.fields)) continue;
    const value = draft.fields[el.name];
    if (el.type === "checkbox") el.checked = value;
    else if (el.type === "radio") el.checked = el.value === value;
    else el.value = value;
  }
  const sign = form.querySelector("[data-draft-sign]");
  if (sign) sign.textContent = t("draft_kept", { at: wall(draft.at, false) });
  form.dispatchEvent(new CustomEvent("kefu:restored", { bubbles: true }));
}

export function forget(form) {
  if (form.dataset.draft) localStorage.removeItem(key(form));
}

export function restoreAll(root = document) {
  for (const form of root.querySelectorAll("form[data-draft]")) restore(form);
}

function sweep(all = false) {
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(PREFIX)) continue;
    let at = 0;
    try { at = JSON.parse(localStorage.getItem(name)).at; } catch { /* unreadable: old */ }
    if (at < now() - KEEP || (all && name.startsWith(`${PREFIX}${user}:`))) localStorage.removeItem(name);
  }
}

const timers = new WeakMap();
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (!form?.dataset.draft) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => save(form), 300));
});
addEventListener("pagehide", () => {
  for (const form of document.querySelectorAll("form[data-draft]")) if (hasText(form)) save(form);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.requestConfig.elt; // detail.elt may be its replacement by now
  const code = event.detail.xhr?.status;
  if (code >= 200 && code < 300 && !event.detail.xhr.kefuExpired) renew(form);
  // A page of the sign-in that came instead is no acceptance: session.js marks it.
  if (!form.matches?.("form[data-draft]") || event.detail.xhr?.kefuExpired) return;
  if (code >= 200 && code < 300) { clearTimeout(timers.get(form)); forget(form); }
});
document.addEventListener("htmx:afterSettle", (event) => restoreAll(event.detail.elt.parentElement ?? document));
document.addEventListener("submit", (event) => {
  if (event.target.matches("form[data-signs-out]")) sweep(true);
  else if (event.target.matches("form[data-draft]:not([hx-post])")) {
    save(event.target);
    sessionStorage.setItem(SUBMITTED, key(event.target));
  }
});
// A plain form that was taken leads to another page; refused, it is here again with what was written.
const submitted = sessionStorage.getItem(SUBMITTED);
if (submitted && ![...document.querySelectorAll("form[data-draft]")].some((form) => key(form) === submitted)) localStorage.removeItem(submitted);
sessionStorage.removeItem(SUBMITTED);
sweep();
restoreAll();
