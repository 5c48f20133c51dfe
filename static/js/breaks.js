// A break that begins while a page is open is offered when it begins, and not after it; nor to who is busy already.
import { now } from "./clock.js";

const EVERY = 5000; // ms

function look() {
  for (const el of document.querySelectorAll("[data-from][data-until]")) {
    const within = Date.parse(el.dataset.from) <= now() && now() < Date.parse(el.dataset.until);
    const seat = document.getElementById("seat")?.dataset.seat;
    el.hidden = !within || seat !== el.dataset.seat;
  }
}

if (document.querySelector("[data-from][data-until]")) {
  setInterval(look, EVERY);
  document.addEventListener("htmx:afterSwap", look);
  look();
}
