// Pages of incidents: tick all that can be ticked, and print.
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}
for (const all of document.querySelectorAll("[data-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("tbody input[type=checkbox]:not(:disabled)")) box.checked = all.checked;
  });
}
