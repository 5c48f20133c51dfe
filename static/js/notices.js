// Notices of the browser, for what is mine, while nobody looks at the page. Asked for by a button, never by itself;
// which kinds is what the settings page of this browser last said. They name what happened, nobody's data.
const KEPT = "kefu:notices";
const button = document.querySelector("[data-allow-notices]");
const wanted = document.querySelector("main[data-notices]")?.dataset.notices;

function kinds() {
  try { return (localStorage.getItem(KEPT) ?? "").split(" "); } catch { return []; }
}

if (wanted !== undefined) {
  try { localStorage.setItem(KEPT, wanted); } catch { /* a browser that keeps nothing shows none */ }
}

if (button && "Notification" in window) {
  button.hidden = Notification.permission !== "default";
  button.addEventListener("click", async () => { button.hidden = (await Notification.requestPermission()) !== "default"; });
}

document.addEventListener("kefu:live", ({ detail }) => {
  if (!detail?.mine || document.hasFocus() || !("Notification" in window) || Notification.permission !== "granted") return;
  if (!kinds().includes(detail.kind)) return;
  // Several pages hear of one event: with one tag it is shown once.
  const notice = new Notification(detail.label, { tag: `kefu-${detail.id}` });
  notice.onclick = () => { window.focus(); if (detail.case) location.assign(document.body.dataset.caseUrl.replace("/0/", `/${detail.case}/`)); };
});
