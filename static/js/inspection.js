// A check sheet by keyboard: 1, 2, 3 mark the line one stands in. A line that is kept or does not apply leads on to the
// next; one that is not leads to its evidence.
const card = document.querySelector("[data-scorecard]");
const lines = () => [...card.querySelectorAll("[data-mark]")];

function marks(line) {
  return [...line.querySelectorAll("input[type=radio]")];
}

function stand(line) {
  const radios = marks(line);
  (radios.find((one) => one.checked) ?? radios[0])?.focus();
}

function mark(line, place) {
  const radio = marks(line)[place];
  if (!radio) return;
  radio.checked = true;
  radio.focus();
  if (radio.value === "breach") {
    (line.querySelector("select") ?? line.querySelector("input[type=text]"))?.focus();
    return;
  }
  const all = lines();
  const next = all[all.indexOf(line) + 1];
  if (next) stand(next);
  else card.querySelector("[type=submit]")?.focus();
}

if (card) {
  card.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!["1", "2", "3"].includes(event.key)) return;
    const line = event.target.closest("[data-mark]");
    if (!line || event.target.matches("input[type=text], select, textarea")) return;
    event.preventDefault();
    mark(line, Number(event.key) - 1);
  });
  const wrong = lines().find((line) => line.querySelector(".error"));
  const first = wrong ?? lines()[0];
  if (first) stand(first);
}
