// Scanning: Enter sends, the number field is ready for the next at once, and each scan is heard as well as read.
const field = document.querySelector("[data-scan]");
const form = document.querySelector("[data-scanner]");
const tally = document.querySelector("[data-tally]");
let audio = null;

function sound(refused) {
  if (!document.querySelector("[data-sound]")?.checked) return;
  audio ??= new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.type = refused ? "square" : "sine";
  tone.frequency.value = refused ? 180 : 880;
  volume.gain.value = 0.12;
  tone.connect(volume).connect(audio.destination);
  tone.start();
  tone.stop(audio.currentTime + (refused ? 0.5 : 0.09));
}

function count() {
  const done = document.querySelectorAll("#scanned [data-done]").length;
  const refused = document.querySelectorAll("#scanned [data-refused]").length;
  if (tally && done + refused) {
    tally.textContent = tally.dataset.words.replace("{done}", done).replace("{refused}", refused);
  }
}

// Scans wait here while one is under way, so that none is lost however fast they come.
const waiting = [];
let under = "";

function take() {
  if (field.value.trim()) waiting.push(field.value.trim());
  field.value = "";
  send();
}

async function send() {
  if (under || !waiting.length) return;
  under = waiting.splice(0).join("\n");
  const { target, swap } = form.dataset;
  try {
    await htmx.ajax("POST", location.pathname, { source: form, target, swap, values: { numbers: under } });
  } finally {
    under = "";
    field.focus();
    send(); // not what is in the field: the next number may be half typed
  }
}

if (field && form) {
  field.setAttribute("aria-keyshortcuts", "s");
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); take(); });
  // What did not arrive stands in the field again.
  for (const lost of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    form.addEventListener(lost, () => { field.value = [under, field.value].filter(Boolean).join("\n"); });
  }
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== form.dataset.target.slice(1)) return;
    sound(event.detail.xhr.responseText.includes("data-refused"));
    count();
  });
  count();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
