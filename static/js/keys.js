// One letter, one visible button: a key presses the first shown element whose aria-keyshortcuts names it, in the
// topmost open dialog or else on the page. So there is no key without a button and no list of keys to keep in step.
const OFF = "kefu:keys-off"; // single-letter keys can be switched off (speech input, other layouts)
// With a Chinese input method the same physical keys give other characters.
const SAME = { "、": "/", "？": "?", "／": "/" };

const typing = (el) => el.isContentEditable || el.matches?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select");
const shown = (el) => !el.disabled && el.getAttribute("aria-disabled") !== "true" && el.getClientRects().length > 0;

function holder(key) {
  const scope = [...document.querySelectorAll("dialog[open]")].pop() ?? document;
  return [...scope.querySelectorAll(`[aria-keyshortcuts~="${key}"]`)].find(shown);
}

function press(el) {
  if (typing(el)) { el.focus(); el.select?.(); } else el.click();
  const form = el.matches("summary") && el.closest("details[open]")?.querySelector("form");
  if (form) [...form.elements].find((one) => typing(one) && shown(one) && one.type !== "hidden")?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.closest?.("form");
    const submit = form?.querySelector("[type=submit]");
    if (submit && shown(submit)) { event.preventDefault(); form.requestSubmit(submit); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.key === "Escape" && !event.target.closest("dialog")) { event.target.blur(); event.preventDefault(); }
    return;
  }
  const key = SAME[event.key] ?? (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  if (key.length === 1 && localStorage.getItem(OFF) && key !== "?") return;
  if (key === "Enter" && event.target.matches("a, button, summary")) return; // it presses itself
  if (/["\\\s]/.test(key)) return;
  const el = holder(key);
  if (!el) return;
  event.preventDefault();
  press(el);
});

// Buttons of the key strip that stand for another button: <button data-press="r">.
document.addEventListener("click", (event) => {
  const key = event.target.closest("[data-press]")?.dataset.press;
  const el = key && holder(key);
  if (el) press(el);
});

const choice = document.getElementById("keys-on");
if (choice) {
  choice.checked = !localStorage.getItem(OFF);
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
}
