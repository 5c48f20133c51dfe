// Intake: the marks under the pasted text, the case on top, reading again when a choice changes, the table chosen.
// What stands in the columns comes from the server; here it is only shown, hidden and walked through.
import { renew } from "./drafts.js";

const form = () => document.querySelector("form[data-intake]");
const text = () => document.getElementById("id_text");
const marks = () => document.getElementById("marks");

// ---- marks: exactly the text, or they would lie under other words ----
function plainMarks() {
  const area = document.querySelector("#paste #id_text");
  if (area && marks() && marks().textContent.trimEnd() !== area.value.trimEnd()) marks().textContent = area.value;
}

function readAgain() {
  const reader = document.querySelector("[hx-trigger*=reread]");
  if (reader) htmx.trigger(reader, "reread");
}

document.addEventListener("input", (event) => {
  if (event.target === text()) plainMarks();
});
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-reread]")) readAgain();
});
document.addEventListener("kefu:restored", (event) => {
  if (!event.target.matches("[data-intake]")) return;
  plainMarks();
  readAgain();
});
// Pasted before this page listened: it is read now.
document.addEventListener("DOMContentLoaded", () => {
  if (text()?.value.trim() && !document.querySelector("[data-line]")) setTimeout(readAgain);
});

// ---- the case on top ----
function bringUp(number, focus = false) {
  for (const tab of document.querySelectorAll("[data-tab]")) {
    const on = tab.dataset.tab === number;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    if (on && focus) tab.focus();
    if (on) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  for (const panel of document.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== number;
  for (const line of document.querySelectorAll("[data-line]")) {
    if (line.dataset.line === number) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
  for (const mark of document.querySelectorAll(".marks mark.known, .marks mark.cur")) {
    mark.className = (mark.dataset.of ?? "").split(" ").includes(number) ? "cur" : "known";
  }
  const current = document.querySelector("input[name=current]"), only = document.querySelector("[data-only]");
  if (current) current.value = number;
  if (only) only.value = number;
}

const tabs = () => [...document.querySelectorAll("[data-tab]")];
const top = () => document.querySelector('[data-tab][aria-selected="true"]');
function walk(by, focus) {
  const all = tabs();
  if (all.length) bringUp(all[(all.indexOf(top()) + by + all.length) % all.length].dataset.tab, focus);
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-tab]");
  if (tab) return bringUp(tab.dataset.tab);
  const line = event.target.closest("[data-line]");
  if (line && !event.target.closest("a, input, label, button")) return bringUp(line.dataset.line);
  const fill = event.target.closest("[data-fill]");
  if (fill) {
    const field = document.querySelector(fill.dataset.fill);
    field.value = fill.dataset.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
  if (event.target.closest("[data-clear]")) {
    text().value = "";
    renew(text().form);
    text().focus();
    plainMarks();
    readAgain();
  }
});
document.addEventListener("keydown", (event) => {
  if (event.target.closest("[data-tab]") && ["ArrowLeft", "ArrowRight"].includes(event.key)) {
    event.preventDefault();
    walk(event.key === "ArrowRight" ? 1 : -1, true);
  } else if (["[", "]"].includes(event.key) && !event.target.closest("input, textarea, select") && tabs().length) {
    walk(event.key === "]" ? 1 : -1);
  }
});

// Pasting anywhere on the page goes into the text.
document.addEventListener("paste", (event) => {
  const area = document.querySelector("#paste #id_text");
  const words = event.clipboardData?.getData("text/plain");
  if (!area || !words || event.target.closest?.("input, textarea, select")) return;
  event.preventDefault();
  area.value = area.value.trim() ? `${area.value.trimEnd()}\n${words}` : words;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.target.closest?.("[data-intake], .intake")) return;
  plainMarks();
  const shown = top()?.dataset.tab;
  if (shown) bringUp(shown);
  const faulty = form()?.matches("#paste, #single") && event.target === form() && form().querySelector('[aria-invalid="true"]');
  if (faulty) faulty.focus();
});

// ---- a table: dropped or chosen ----
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-file]")) return;
  const name = event.target.files[0]?.name;
  const label = event.target.closest(".drop")?.querySelector("[data-file-name]");
  if (name && label) label.textContent = name;
});
for (const [type, over] of [["dragenter", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(type, (event) => event.target.closest?.(".drop")?.classList.toggle("over", over));
}
plainMarks();
if (top()) bringUp(top().dataset.tab);
// A draft was put back before this file was there to hear of it.
document.addEventListener("DOMContentLoaded", () => {
  if (form()?.querySelector("[data-draft-sign]")?.textContent) {
    plainMarks();
    readAgain();
  }
});
