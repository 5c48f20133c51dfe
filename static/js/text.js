// Words for scripts. The page carries them, translated, as JSON in #texts; {name} is filled in here.
const texts = JSON.parse(document.getElementById("texts")?.textContent ?? "{}");

export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
