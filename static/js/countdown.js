// Countdowns tick from the server's due time. Colour, word and shape change together; a row that falls due says so
// once ("kefu:due"), so that the queue can sort itself anew. Screen readers hear that one sentence, not the ticking.
import { now, wall } from "./clock.js";
import { t } from "./text.js";
import { say } from "./toast.js";

const pad = (n) => String(n).padStart(2, "0");

export function spell(seconds) {
  const d = Math.floor(seconds / 86400), h = Math.floor((seconds % 86400) / 3600);
  const m = Math.floor((seconds % 3600) / 60), s = seconds % 60;
  if (d) return d < 10 ? t("days_hours", { d, h }) : t("days", { d });
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${pad(m)}:${pad(s)}`;
}

export function paint(el, instant = now()) {
  // The due instant itself is still in time: late begins one second after it, as the rules have it.
  const left = Math.ceil((Date.parse(el.dateTime) - instant) / 1000);
  const late = left < 0;
  const soon = !late && left <= Number(el.dataset.soon ?? 600);
  const wasLate = el.classList.contains("is-late");
  el.classList.toggle("is-late", late);
  el.classList.toggle("is-soon", soon);
  const word = el.querySelector(".w"), digits = el.querySelector(".d");
  const name = t(late ? "late" : "left"), text = spell(Math.abs(left));
  if (word.textContent !== name) word.textContent = name;
  if (digits.textContent !== text) digits.textContent = text;
  if (late && !wasLate) el.dispatchEvent(new CustomEvent("kefu:due", { bubbles: true }));
}

function tick() {
  const instant = now();
  for (const el of document.querySelectorAll("time.countdown[datetime]")) paint(el, instant);
  for (const el of document.querySelectorAll("[data-clock]")) el.textContent = wall(instant);
  setTimeout(tick, 1000 - (now() % 1000) + 5);
}

document.addEventListener("kefu:due", (event) => {
  const name = event.target.dataset.name;
  if (name) say(t("fell_due", { name }));
});
tick();
