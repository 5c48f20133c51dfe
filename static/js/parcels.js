// The problem-parcel desk: parcel after parcel under the scanner, pasted lists in parts, and lists that narrow.
const say = (el, name, values = {}) => el.dataset[name].replace(/\{(\w+)\}/g, (_all, key) => values[key]);

// ---- what leads to further questions ----
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-leads]")) document.getElementById("asked")?.dispatchEvent(new Event("lead"));
  if (event.target.matches("[data-goes]")) event.target.form.requestSubmit();
});

// ---- scanner ----
const scan = document.querySelector("form[data-scan]");
if (scan) {
  const number = document.getElementById("number");
  const cue = document.getElementById("cue");
  const results = document.getElementById("results");
  const tally = document.getElementById("tally");
  const counts = { ok: 0, refused: 0 };
  const SHOWN = 200; // rows kept on the page
  let waiting = Promise.resolve();
  let queued = 0;

  // Sound only after a key was pressed here, so no browser holds it back; the words say the same.
  const sound = document.getElementById("sound");
  sound.checked = localStorage.getItem("kefu:scan-sound") === "1";
  sound.addEventListener("change", () => localStorage.setItem("kefu:scan-sound", sound.checked ? "1" : "0"));
  let audio = null;
  function beep(ok) {
    if (!sound.checked) return;
    audio ??= new AudioContext();
    for (const at of ok ? [0] : [0, 0.2]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      volume.gain.value = 0.1;
      tone.frequency.value = ok ? 880 : 220;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.12);
    }
  }

  function told() {
    const row = results.firstElementChild;
    const outcome = row?.dataset.result === "ok" ? "ok" : "refused";
    counts[outcome] += 1;
    beep(outcome === "ok");
    cue.className = `cue is-${outcome}`;
    cue.textContent = `${say(cue, outcome)} ${row.dataset.number}`;
    tally.textContent = say(tally, "words", { done: counts.ok, refused: counts.refused });
    while (results.children.length > SHOWN) results.lastElementChild.remove();
    if (outcome === "refused") {
      // Kept to be mended, unless more was scanned meanwhile: its row offers it too.
      if (!number.value && !queued) { number.value = row.dataset.number; number.select(); }
    } else if (!document.getElementById("keep-words").checked) {
      for (const field of scan.querySelectorAll("[data-words]")) field.value = ""; // what was said of one parcel
    }
  }

  // One after the other: what is scanned meanwhile waits its turn with the choices it was scanned under.
  function send(values) {
    queued += 1;
    if (queued > 1) cue.textContent = say(cue, "busy", { n: queued });
    waiting = waiting.then(async () => {
      const before = results.firstElementChild;
      await htmx.ajax("POST", scan.action, { source: results, target: results, swap: "afterbegin", values }).catch(() => {});
      queued -= 1;
      if (results.firstElementChild !== before) return told();
      cue.className = "cue is-refused";
      cue.textContent = say(cue, "lost");
      if (!number.value) number.value = values.number;
      beep(false);
    });
  }
  const values = () => Object.fromEntries(new FormData(scan));

  scan.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!number.value.trim()) return number.focus();
    send(values());
    number.value = "";
    number.focus();
  });
  results.addEventListener("click", (event) => {
    const { mend, again } = event.target.closest("button")?.dataset ?? {};
    if (again) send({ ...values(), number: again, again: "on" });
    if (mend) { number.value = mend; number.focus(); number.select(); }
    if (mend || again) event.target.closest("li").remove();
  });

  // The scanner types wherever the cursor is: after every choice it is back in its field.
  scan.addEventListener("change", (event) => { if (event.target.matches("[type=radio], [type=checkbox], select")) number.focus(); });
  document.body.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "asked") number.focus(); });
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey) return;
    const digit = /^Digit(\d)$/.exec(event.code)?.[1];
    const type = digit && scan.querySelector(`[name=problem][aria-keyshortcuts="${digit}"]`);
    if (type) { event.preventDefault(); type.click(); }
  });
}

// ---- a pasted list, in parts, so that one sees how far it is ----
const batch = document.getElementById("batch");
if (batch?.querySelector("[data-start]")) {
  const PART = 20; // parcels a request: a few seconds
  const results = document.getElementById("results");
  const cue = document.getElementById("cue");
  const progress = document.getElementById("progress");
  const box = batch.querySelector("textarea");

  batch.addEventListener("submit", async (event) => {
    if (!event.submitter?.matches("[data-start]")) return;
    event.preventDefault();
    const rows = [...results.querySelectorAll("li input[name=number]")].map((input) => input.closest("li"));
    const count = { at: 0, all: rows.length, done: 0, refused: 0 };
    const left = [];
    for (const button of batch.querySelectorAll("button[type=submit]")) button.disabled = true;
    progress.hidden = false;
    for (let at = 0; at < rows.length; at += PART) {
      const part = rows.slice(at, at + PART);
      const query = new FormData(batch);
      query.delete("number");
      query.delete("text");
      for (const row of part) query.append("number", row.dataset.number);
      const answer = await fetch(batch.dataset.run, { method: "POST", body: query, headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer?.ok || answer.redirected) {
        left.push(...rows.slice(at).map((row) => row.dataset.number));
        count.lost = true;
        break;
      }
      const fresh = new DOMParser().parseFromString(`<ol>${await answer.text()}</ol>`, "text/html").querySelectorAll("li");
      part.forEach((row, i) => row.replaceWith(document.importNode(fresh[i], true)));
      for (const row of fresh) {
        count[row.dataset.result === "ok" ? "done" : "refused"] += 1;
        if (row.dataset.result !== "ok") left.push(row.dataset.number);
      }
      count.at = Math.min(at + PART, rows.length);
      progress.value = count.at / rows.length;
      cue.textContent = say(cue, "words", count);
    }
    box.value = left.join("\n");
    if (left.length) cue.textContent += ` ${cue.dataset[count.lost ? "lost" : "left"]}`;
    batch.querySelector("button[type=submit]:not([data-start])").disabled = false;
    batch.querySelector("[data-start]").remove();
  });
}
