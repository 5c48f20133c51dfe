// Copying: <button data-copy="880612045537"> puts exactly that on the clipboard, without the groups one sees.
import { t } from "./text.js";
import { toast } from "./toast.js";

export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  // Plain http in an office network has no clipboard API.
  const area = document.createElement("textarea");
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy], button[data-copy-of]");
  if (!button) return;
  const text = button.dataset.copy ?? document.querySelector(button.dataset.copyOf)?.value ?? "";
  await copy(text);
  toast(t("copied", { text: text.length > 24 ? t("chars", { n: text.length }) : text }));
});
