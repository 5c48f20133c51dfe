// Dialogs, the drawer and menus. What htmx puts into <dialog id="dialog"> opens it; [data-close] and Esc close it.
function open(dialog) {
  const sheet = dialog.firstElementChild;
  dialog.dataset.size = sheet?.dataset.size ?? "";
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[autofocus]")?.focus();
}

document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.closest?.("dialog");
  const swapped = event.detail.xhr?.getResponseHeader("HX-Reswap") !== "none";
  if (swapped && dialog?.childElementCount) open(dialog);
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens));
  event.target.closest("[data-close]")?.closest("dialog")?.close();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
  event.preventDefault();
});

// The server is done with the dialog: HX-Trigger "dialog-close".
document.addEventListener("dialog-close", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
});

document.addEventListener("close", (event) => {
  if (event.target.matches?.("dialog[data-emptied]")) event.target.replaceChildren();
}, true);
