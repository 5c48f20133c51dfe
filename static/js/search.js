// The search box: htmx fetches suggestions, arrows walk them, Enter opens the chosen one or the page of all finds.
const input = document.getElementById("search");
const list = document.getElementById("found");

function choose(step) {
  const items = [...list.querySelectorAll("a")];
  if (!items.length) return;
  const at = items.findIndex((el) => el.getAttribute("aria-selected") === "true");
  const next = items[(at + step + items.length + (at < 0 && step < 0 ? 1 : 0)) % items.length];
  items.forEach((el) => el.setAttribute("aria-selected", String(el === next)));
  input.setAttribute("aria-activedescendant", next.id);
  next.scrollIntoView({ block: "nearest" });
}

function shut() {
  list.replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

if (input && list) {
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Escape") shut();
    const chosen = event.key === "Enter" && list.querySelector('a[aria-selected="true"]');
    if (chosen) { event.preventDefault(); chosen.click(); }
  });
  list.addEventListener("htmx:afterSwap", () => input.setAttribute("aria-expanded", String(list.childElementCount > 0)));
  document.addEventListener("click", (event) => { if (!event.target.closest(".search")) shut(); });
}
