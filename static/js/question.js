// Only the fields of the chosen kind of question are shown.
const form = document.querySelector("[data-question]");
const kind = form?.elements.kind;

function show() {
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(kind.value);
}

if (kind) {
  kind.addEventListener("change", show);
  show();
}
