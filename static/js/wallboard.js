// The wallboard: a clock by the server's time, and every few seconds what changed. A screen has nobody to press reload:
// when the server cannot be reached it says so with the time of its last data, and goes on asking.
const EVERY = 5000; // ms
const PATIENCE = 15000;

const ahead = Date.parse(document.body.dataset.now) - Date.now();
const wall = document.getElementById("wall");
const clock = document.querySelector("[data-clock]");
const live = document.querySelector("[data-live]");
const stale = document.querySelector("[data-stale]");
const dark = document.getElementById("dark");
const here = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit" });
let heard = Date.now();

function tell() {
  clock.textContent = here.format(Date.now() + ahead);
}

function say(reached) {
  live.hidden = !reached;
  stale.hidden = reached;
  document.body.classList.toggle("stale", !reached);
  if (!reached) stale.querySelector("b").textContent = here.format(heard + ahead);
}

async function ask() {
  const address = new URL(location.href);
  address.searchParams.set("now", "");
  try {
    const answer = await fetch(address, { signal: AbortSignal.timeout(PATIENCE), redirect: "manual" });
    if (answer.status === 404 || answer.status === 403 || answer.type === "opaqueredirect") {
      wall.replaceChildren(); // the link was revoked, or whoever opened it signed out: nothing of the house stays on the wall
      say(false);
      return;
    }
    if (!answer.ok) throw new Error(String(answer.status));
    wall.innerHTML = await answer.text();
    heard = Date.now();
    say(true);
  } catch {
    say(false);
  }
  setTimeout(ask, EVERY);
}

function shade(isDark) {
  dark.media = isDark ? "all" : "not all";
}

document.querySelector("[data-theme-toggle]").addEventListener("click", () => {
  const isDark = dark.media === "not all";
  shade(isDark);
  localStorage.setItem("kefu-wallboard", isDark ? "dark" : "light");
});
shade(localStorage.getItem("kefu-wallboard") !== "light");
tell();
setInterval(tell, 250);
setTimeout(ask, EVERY);
