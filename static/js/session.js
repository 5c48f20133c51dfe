// Requests that cannot get through. An expired session opens a sign-in dialog in place: what was written stays in its
// field, and the request goes out again after signing in. A lost line or a refusal says what was kept.
import { t } from "./text.js";
import { toast } from "./toast.js";
import { copy } from "./copy.js";

const { loginUrl, sessionUrl } = document.body.dataset;
const dialog = document.getElementById("expired");
const form = dialog?.querySelector("form");
const error = dialog?.querySelector("[data-error]");
let csrf = document.querySelector("meta[name=csrf-token]")?.content ?? "";
let waiting = []; // what to do once signed in again

const isLogin = (url) => url && loginUrl && new URL(url, location.href).pathname.startsWith(loginUrl);

function expired(resume) {
  waiting.push(resume);
  if (!dialog || dialog.open) return;
  const text = [...document.querySelectorAll("form[data-draft] textarea")].map((el) => el.value.trim()).find(Boolean);
  const kept = dialog.querySelector("[data-kept]");
  kept.textContent = text ?? "";
  kept.hidden = !text;
  error.textContent = "";
  dialog.showModal();
  form.elements.password.focus();
}

export async function stillSignedIn() {
  const answer = await fetch(sessionUrl, { headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (answer.ok && !isLogin(answer.url)) {
    csrf = (await answer.json()).csrf;
    return true;
  }
  return answer.status >= 500;
}

export function askToSignIn(resume = () => {}) {
  expired(resume);
}

async function signIn(event) {
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  error.textContent = "";
  try {
    // The token of a page that outlived its session may be gone with it: take a fresh one from the sign-in page.
    const page = new DOMParser().parseFromString(await (await fetch(loginUrl)).text(), "text/html");
    const token = page.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? csrf;
    const url = form.dataset.stage === "code" ? form.dataset.codeUrl : loginUrl;
    const answer = await fetch(url, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-CSRFToken": token, "X-Requested-With": "XMLHttpRequest" },
    });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok && body.location?.includes(form.dataset.codeUrl)) {
      form.dataset.stage = "code";
      form.querySelector("[data-code]").hidden = false;
      form.elements.code.required = true;
      form.elements.code.focus();
    } else if (answer.ok && (await stillSignedIn())) {
      form.reset();
      form.dataset.stage = "";
      form.querySelector("[data-code]").hidden = true;
      dialog.close();
      const resume = waiting;
      waiting = [];
      for (const again of resume) again();
      toast(t("signed_in_again"));
    } else {
      const fields = Object.values(body.form?.fields ?? {}).flatMap((field) => field.errors);
      error.textContent = [...(body.form?.errors ?? []), ...fields].join(" ") || t("sign_in_failed");
    }
  } catch {
    error.textContent = t("not_sent");
  } finally {
    button.disabled = false;
  }
}
form?.addEventListener("submit", signIn);

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") return;
  // Signing in again changes the token; the one rendered into a form is then stale.
  delete event.detail.parameters.csrfmiddlewaretoken;
  event.detail.headers["X-CSRFToken"] = csrf;
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig: { elt } } = event.detail; // detail.elt is the target here
  if (xhr.status !== 401 && !isLogin(xhr.responseURL)) return;
  xhr.kefuExpired = true;
  event.detail.shouldSwap = false;
  event.detail.isError = false;
  expired(() => { if (elt.matches("form")) elt.requestSubmit(); else if (elt.isConnected) elt.click(); });
});

const written = (elt) => elt.closest?.("form")?.querySelector("textarea")?.value.trim();

document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.kefuExpired) return;
  const id = xhr.getResponseHeader("X-Request-ID");
  const known = { 403: "error_403", 404: "error_404", 413: "error_413", 429: "error_429", 503: "error_503" };
  const text = t(known[xhr.status] ?? "error_500", { id: id ?? "" });
  const mine = written(elt);
  toast(text, mine ? { label: t("copy_mine"), run: () => copy(mine) } : null);
});

document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.elt.matches("[data-background]")) return;
  const mine = event.detail.elt.closest?.("form");
  toast(t("not_sent"), mine ? { label: t("send_again"), run: () => mine.requestSubmit() } : null);
});

// Longer than a second: say so, and for how long.
const busy = document.getElementById("busy");
const running = new Map();
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.elt.matches("[data-background]")) running.set(event.detail.xhr, performance.now());
});
document.addEventListener("htmx:afterRequest", (event) => running.delete(event.detail.xhr));
setInterval(() => {
  if (!busy) return;
  const oldest = Math.min(...running.values());
  const seconds = Math.floor((performance.now() - oldest) / 1000);
  busy.textContent = seconds >= 1 && Number.isFinite(seconds) ? t("busy", { s: seconds }) : "";
}, 500);
