// An examination: one question at a time, answers saved as they are given, the time as the server has it. What could not
// be sent waits in this browser under the paper's own name and goes out again, also after a reload.
import { now } from "./clock.js";

const form = document.querySelector("[data-exam]");
const questions = [...form.querySelectorAll("[data-place]")];
const said = form.querySelector("[data-saved]");
const token = form.elements.csrfmiddlewaretoken.value;
const shelf = `kefu-exam-${document.body.dataset.user}-${form.dataset.exam}`;
const PAUSE = 700; // ms after the last key of a text
const AGAIN = 3000; // ms until the next try
const waiting = new Map(Object.entries(JSON.parse(localStorage.getItem(shelf) ?? "{}")));
let at = 0, sending = false, leaving = false, timer = 0, over = false;

const words = (name, values = {}) => form.dataset[name].replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");

function tell(name, values) {
  said.textContent = words(name, values);
  said.classList.toggle("is-lost", name === "lost");
}

function given(question) {
  const place = question.dataset.place;
  const text = question.querySelector("textarea");
  return { place, text: text?.value ?? "", chosen: [...question.querySelectorAll("input:checked")].map((one) => one.value) };
}

const isAnswered = (question) => { const one = given(question); return one.text.trim() !== "" || one.chosen.length > 0; };
const open = () => questions.filter((one) => !isAnswered(one)).length;

function count() {
  form.querySelector("[data-answered]").textContent = questions.length - open();
  for (const question of questions) form.querySelector(`[data-goto="${question.dataset.place}"]`).classList.toggle("is-answered", isAnswered(question));
}

function show(place, focus = true) {
  at = Math.max(0, Math.min(questions.length - 1, place));
  questions.forEach((one, n) => { one.hidden = n !== at; });
  for (const button of form.querySelectorAll("[data-goto]")) button.toggleAttribute("aria-current", Number(button.dataset.goto) === at);
  form.querySelector('[data-turn="-1"]').disabled = at === 0;
  form.querySelector('[data-turn="1"]').disabled = at === questions.length - 1;
  if (focus) (questions[at].querySelector("textarea") ?? questions[at].querySelector("input:checked") ?? questions[at].querySelector("input"))?.focus({ preventScroll: true });
}

function keep(question) {
  const one = given(question);
  leaving = false;
  waiting.set(one.place, one);
  localStorage.setItem(shelf, JSON.stringify(Object.fromEntries(waiting)));
  count();
}

async function send() {
  if (sending || over || !waiting.size) return;
  sending = true;
  tell("busy");
  const [place, one] = waiting.entries().next().value;
  const body = new URLSearchParams({ place, text: one.text });
  for (const value of one.chosen) body.append("chosen", value);
  try {
    const answer = await fetch(form.dataset.save, { method: "POST", body, headers: { "X-CSRFToken": token, "X-Requested-With": "XMLHttpRequest" } });
    const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : {};
    if (answer.status === 409 || (answer.ok && !told.saved)) return leave();
    if (!answer.ok && answer.status !== 422) throw new Error(String(answer.status));
    if (told.saved) tell("kept", { at: told.saved });
    else said.textContent = told.refused ?? "";
    sending = false;
    if (leaving) return;
    if (waiting.get(place) === one) waiting.delete(place);
    localStorage.setItem(shelf, JSON.stringify(Object.fromEntries(waiting)));
    if (waiting.size) send();
  } catch {
    sending = false;
    tell("lost");
    setTimeout(send, AGAIN);
  }
}

// It is handed in already, or somebody signed out: the page as the server has it says so.
function leave() {
  over = true;
  localStorage.removeItem(shelf);
  location.reload();
}

form.addEventListener("input", (event) => {
  keep(event.target.closest("[data-place]"));
  clearTimeout(timer);
  timer = setTimeout(send, event.target.matches("textarea") ? PAUSE : 0);
});

form.addEventListener("click", (event) => {
  const place = event.target.closest("[data-goto]"), turn = event.target.closest("[data-turn]");
  if (place) show(Number(place.dataset.goto));
  if (turn) show(at + Number(turn.dataset.turn));
});

form.addEventListener("submit", (event) => {
  const left = open();
  if (!over && !confirm(words(left ? "sure" : "done", { n: left }))) return event.preventDefault();
  over = true;
  localStorage.removeItem(shelf);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.matches("textarea")) return;
  const turn = { ArrowLeft: -1, ArrowRight: 1, PageUp: -1, PageDown: 1 }[event.key];
  const letter = /^[a-h]$/i.test(event.key) ? event.key.toUpperCase().charCodeAt(0) - 65 : /^[1-8]$/.test(event.key) ? Number(event.key) - 1 : -1;
  const option = letter < 0 ? null : questions[at].querySelectorAll("input:is([type=radio], [type=checkbox])")[letter];
  if (!turn && !option) return;
  event.preventDefault();
  event.stopPropagation();
  if (turn) return show(at + turn);
  option.click();
  option.focus();
}, true);

window.addEventListener("online", send);
// The page that comes next may have been drawn before this answer was kept: it stays on the shelf and goes out again.
window.addEventListener("beforeunload", () => { leaving = true; });

// What was typed before a reload and never reached the server goes back into its field.
for (const one of waiting.values()) {
  const question = questions[Number(one.place)];
  if (!question) continue;
  const text = question.querySelector("textarea");
  if (text) text.value = one.text;
  for (const input of question.querySelectorAll("input:is([type=radio], [type=checkbox])")) input.checked = one.chosen.includes(input.value);
}

function tick() {
  // A moment early, so that what stands on the page arrives in time.
  if (!over && now() >= Date.parse(form.dataset.ends) - 1500) {
    over = true;
    tell("over");
    localStorage.removeItem(shelf);
    form.submit();
    return;
  }
  setTimeout(tick, 250);
}

count();
show(Math.max(0, questions.findIndex((one) => !isAnswered(one))), false);
send();
tick();
