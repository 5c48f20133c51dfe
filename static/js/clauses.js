// Narrows the clauses of a version to those that hold every word typed, and to those that changed.
for (const bar of document.querySelectorAll("[data-narrow]")) {
  const bodies = document.getElementById(bar.dataset.narrow).tBodies;
  const [words, touched, told] = ["[type=search]", "[type=checkbox]", "[role=status]"].map((one) => bar.querySelector(one));

  const narrow = () => {
    const asked = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const changed = touched?.checked ?? false;
    let found = 0;
    for (const body of bodies) {
      const rows = [...body.querySelectorAll("[data-words]")];
      for (const row of rows) {
        row.hidden = (changed && !("touched" in row.dataset)) || !asked.every((word) => row.dataset.words.includes(word));
      }
      const shown = rows.filter((row) => !row.hidden).length;
      body.hidden = !shown && (rows.length > 0 || changed || asked.length > 0);
      found += shown;
    }
    told.textContent = changed || asked.length ? told.dataset.found.replace("{n}", found) : "";
  };

  bar.addEventListener("input", () => {
    narrow();
    bar.parentElement.scrollIntoView(); // what is found stands below the bar, and a page's foot may cover it
  });
  narrow(); // a browser keeps what was typed when one comes back
}
