// What an outlet's pages do by themselves. Without scripts everything works but the ticking.
import "./theme.js";
import "./countdown.js";
import "./tour.js";

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.target.closest("form[data-sends]")?.requestSubmit();
});

// Sent once, however often somebody presses.
document.addEventListener("submit", (event) => {
  const asks = event.submitter?.dataset.asks;
  if (asks && !confirm(asks)) return event.preventDefault();
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

document.querySelector("[aria-invalid='true'] :is(textarea, input, select)")?.focus();
