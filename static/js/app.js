// Everything the workbench's pages do by themselves, one concern a module. htmx is loaded before this.
import "./theme.js";
import "./toast.js";
import "./copy.js";
import "./dialog.js";
import "./keys.js";
import "./countdown.js";
import "./breaks.js";
import "./session.js";
import "./drafts.js";
import "./search.js";
import "./queue.js";
import "./case.js";
import "./photos.js";
import "./knowledge.js";
import "./notices.js";
import "./live.js";
import "./tour.js";

// What was typed before htmx listened is asked for now.
window.addEventListener("load", () => {
  for (const input of document.querySelectorAll("input[type=search][hx-get]"))
    if (input.value !== input.defaultValue) htmx.trigger(input, "missed");
});
