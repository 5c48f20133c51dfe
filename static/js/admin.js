// The names of the pickers that search: select2 calls its box by what was chosen, which says nothing while nothing was.
function nameOf(select) {
  return document.querySelector(`label[for="${CSS.escape(select.id)}"]`)?.textContent.trim().replace(/\s*\*$/, "") ?? "";
}

function name(select) {
  const box = select.parentElement?.querySelector(".select2-selection");
  if (!box) return;
  const chosen = box.querySelector(".select2-selection__rendered");
  const words = nameOf(select);
  if (!words || !chosen) return;
  box.removeAttribute("aria-labelledby");
  for (const said of ["role", "aria-readonly"]) chosen.removeAttribute(said); // it is words, no field
  const say = () => box.setAttribute("aria-label", [words, chosen.textContent.trim()].filter(Boolean).join("，"));
  say();
  new MutationObserver(say).observe(chosen, { childList: true, characterData: true, subtree: true });
}

// After the toolkit's own: jQuery calls whoever asked first, first.
window.addEventListener("load", () => window.django?.jQuery?.(() => document.querySelectorAll("select.admin-autocomplete").forEach(name)));
