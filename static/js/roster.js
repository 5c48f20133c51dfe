// A roster by keyboard: arrows move, a digit sets the shift, 0 or Delete frees the day, L lets him eat with the next
// batch. Changes are sent together a moment after the last key; the answer is the grid as it then stands.
const PAUSE = 500; // ms without a key
const holder = () => document.querySelector("[data-roster]");
const cells = () => [...document.querySelectorAll("[data-cell]")];
const said = document.querySelector("[data-saving]");
const changed = { url: new Map(), lunchUrl: new Map() }; // by where they are sent
const waiting = () => Object.keys(changed).find((name) => changed[name].size);
let timer = 0, sending = false, at = "";

function pen(digit) {
  return document.querySelector(`[data-digit="${digit}"]`);
}

function tell(name) {
  if (said) said.textContent = name ? said.dataset[name] : "";
}

function stand(cell) {
  for (const other of document.querySelectorAll('[data-cell][tabindex="0"]')) other.tabIndex = -1;
  cell.tabIndex = 0;
  at = cell.dataset.cell;
  cell.focus();
}

function move(cell, down, right) {
  const row = cell.closest("tr");
  const place = [...row.children].indexOf(cell.parentElement);
  let line = row, next = null;
  if (down) {
    do { line = down > 0 ? line.nextElementSibling : line.previousElementSibling; next = line?.children[place]?.querySelector("[data-cell]"); } while (line && !next);
  } else {
    let td = cell.parentElement;
    do { td = right > 0 ? td.nextElementSibling : td.previousElementSibling; next = td?.querySelector("[data-cell]"); } while (td && !next);
  }
  if (next) stand(next);
}

function set(cell, button) {
  if (cell.dataset.value === button.dataset.pen) return;
  cell.dataset.value = button.dataset.pen;
  cell.textContent = button.dataset.short;
  delete cell.dataset.lunch; // the server gives him one anew
  changed.lunchUrl.delete(cell.dataset.cell);
  note("url", cell, button.dataset.pen);
}

function eatLater(cell) {
  const batch = cell?.dataset.lunch;
  if (!batch) return;
  cell.dataset.lunch = String((Number(batch) % Number(holder().dataset.batches)) + 1);
  cell.querySelector("sub").textContent = cell.dataset.lunch;
  note("lunchUrl", cell, cell.dataset.lunch);
}

function note(name, cell, value) {
  changed[name].set(cell.dataset.cell, value);
  clearTimeout(timer);
  timer = setTimeout(send, PAUSE);
}

async function send() {
  const home = holder();
  const name = waiting();
  if (sending || !name || !home?.dataset[name]) return;
  sending = true;
  tell("busy");
  const lines = [...changed[name]].map(([place, value]) => `${place} ${value}`);
  const values = { edits: home.dataset.edits, cells: lines.join("\n") };
  changed[name].clear();
  const scroll = home.querySelector(".scroll");
  const [left, top] = [scroll.scrollLeft, scroll.scrollTop];
  let kept = true;
  const lost = () => { kept = false; };
  document.body.addEventListener("htmx:sendError", lost, { once: true });
  try {
    await htmx.ajax("POST", home.dataset[name], { target: "#roster", swap: "outerHTML", values });
  } finally {
    document.body.removeEventListener("htmx:sendError", lost);
    sending = false;
    tell(kept ? "saved" : "lost");
    const again = holder().querySelector(".scroll");
    again.scrollLeft = left;
    again.scrollTop = top;
    const cell = at && document.querySelector(`[data-cell="${CSS.escape(at)}"]`);
    if (cell) stand(cell);
    if (waiting()) send();
  }
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("[data-cell]");
  if (!cell || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Enter: [1, 0] }[event.key];
  const lunch = event.key.toLowerCase() === "l" && cell.dataset.lunch;
  const button = /^\d$/.test(event.key) ? pen(event.key) : ["Delete", "Backspace"].includes(event.key) ? pen("0") : null;
  if (!way && !button && !lunch) return;
  event.preventDefault();
  event.stopPropagation();
  if (way) return move(cell, ...way);
  if (lunch) return eatLater(cell);
  set(cell, button);
  move(cell, 0, 1);
}, true);

document.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-cell]");
  if (cell) {
    const held = document.querySelector('[data-pen][aria-pressed="true"]');
    stand(cell);
    if (held) set(cell, held);
    return;
  }
  if (event.target.closest("[data-lunch-pen]")) {
    const chosen = at && document.querySelector(`[data-cell="${CSS.escape(at)}"]`);
    eatLater(chosen);
    if (chosen) stand(chosen);
    return;
  }
  const button = event.target.closest("[data-pen]");
  if (button) {
    const on = button.getAttribute("aria-pressed") === "true";
    for (const other of document.querySelectorAll("[data-pen]")) other.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(!on));
    return;
  }
  const goal = event.target.closest("[data-goto]")?.dataset.goto;
  const found = goal && document.querySelector(`[data-cell="${CSS.escape(goal)}"]`);
  if (found) { found.scrollIntoView({ block: "center", inline: "center" }); stand(found); }
});

// What cannot be undone is asked about once more.
document.addEventListener("submit", (event) => {
  const sure = event.submitter?.dataset.sure;
  if (sure && !confirm(sure)) event.preventDefault();
});

// Nothing that was typed is lost by leaving the page.
addEventListener("beforeunload", (event) => { if (waiting() || sending) event.preventDefault(); });

const first = cells()[0];
if (first) first.tabIndex = 0;
