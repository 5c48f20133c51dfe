// Short messages. toast() shows one at the lower right; say() only speaks it to screen readers.
import { t } from "./text.js";

const region = document.getElementById("toasts");
const voice = document.getElementById("voice");

export function say(text) {
  if (voice) voice.textContent = text;
}

/** text, and maybe one action: {label, href} or {label, run}. Stays longer when there is something to press. */
export function toast(text, action = null) {
  if (!region) return;
  const el = document.createElement("div");
  el.className = "toast";
  const words = document.createElement("span");
  words.textContent = text;
  el.append(words);
  if (action) {
    const press = document.createElement(action.href ? "a" : "button");
    press.className = "link";
    press.textContent = action.label;
    if (action.href) press.href = action.href;
    else press.addEventListener("click", () => { el.remove(); action.run(); });
    el.append(press);
  }
  const close = document.createElement("button");
  close.className = "link";
  close.textContent = "×";
  close.setAttribute("aria-label", t("close"));
  close.addEventListener("click", () => el.remove());
  el.append(close);
  region.append(el);
  while (region.children.length > 3) region.firstElementChild.remove();
  setTimeout(() => el.remove(), action ? 12_000 : 6_000);
}

// The server asks for one with the HX-Trigger header: {"toast": {"text", "label"?, "href"?}}.
document.addEventListener("toast", (event) => {
  const { text, label, href } = event.detail;
  toast(text, href ? { label, href } : null);
});
