// A tour of the page on the first sign-in: a small window beside what it speaks of, from which one may walk away at any
// time. It is not modal: keys and clicks reach the page. That it was seen is kept on the server, so it comes once an account.
const tour = document.getElementById("tour");
const MARGIN = 12;
let steps = [], at = 0, seen = true;

const visible = (el) => el && el.getClientRects().length > 0;
const target = () => document.querySelector(steps[at]?.dataset.at);

function mark(el) {
  document.querySelector(".toured")?.classList.remove("toured");
  el?.classList.add("toured");
}

// Below what is told of, else above it, else beside its upper left; always whole on the screen.
function place() {
  if (!tour.open) return;
  const el = target();
  if (!el) return;
  const it = el.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = tour;
  const fits = (top) => top >= MARGIN && top + height <= innerHeight - MARGIN;
  const top = [it.bottom + MARGIN, it.top - height - MARGIN].find(fits) ?? Math.max(it.top, 0) + MARGIN * 4;
  const inside = (value, size, room) => Math.max(MARGIN, Math.min(value, room - size - MARGIN));
  tour.style.left = `${inside(it.left + MARGIN, width, innerWidth)}px`;
  tour.style.top = `${inside(top, height, innerHeight)}px`;
}

function show(next) {
  at = Math.max(0, Math.min(next, steps.length - 1));
  steps.forEach((step, index) => { step.hidden = index !== at; });
  tour.querySelector("[data-count]").textContent = `${at + 1} / ${steps.length}`;
  tour.querySelector("[data-back]").disabled = at === 0;
  const on = tour.querySelector("[data-on]");
  on.dataset.next ??= on.textContent;
  on.textContent = at === steps.length - 1 ? on.dataset.last : on.dataset.next;
  mark(target());
  place();
}

function start() {
  steps = [...tour.querySelectorAll("section")].filter((step) => visible(document.querySelector(step.dataset.at)));
  if (!steps.length) return;
  if (!tour.open) tour.show();
  show(0);
  tour.querySelector("[data-on]").focus();
}

// Kept even when the page is left at once; a line that is down asks again at the next sign-in.
function end() {
  tour.close();
  mark(null);
  if (seen) return;
  seen = true;
  const headers = { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Requested-With": "XMLHttpRequest" };
  fetch(tour.dataset.seenUrl, { method: "POST", headers, keepalive: true }).catch(() => {});
}

if (tour) {
  tour.querySelector("[data-on]").addEventListener("click", () => { if (at === steps.length - 1) end(); else show(at + 1); });
  tour.querySelector("[data-back]").addEventListener("click", () => show(at - 1));
  tour.querySelector("[data-skip]").addEventListener("click", end);
  tour.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(at + 1);
    else if (event.key === "ArrowLeft") show(at - 1);
    else if (event.key === "Escape") end();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  addEventListener("resize", place);
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-tour-again]")) return;
    event.target.closest("details.menu")?.removeAttribute("open");
    start();
  });
  if ("starts" in tour.dataset) { seen = false; start(); }
}
