// A template picked for a reply: into the text, its version into the form; for a text message the length is counted.
import { t } from "./text.js";

const BASIC = /^[\n\r !"#$%&'()*+,\-./0-9:;<=>?@A-Z_a-z¡£¤¥§¿ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùü]*$/; // one byte a sign in a text message

function parts(text) {
  const [one, more] = BASIC.test(text) ? [160, 153] : [70, 67];
  return text.length <= one ? 1 : Math.ceil(text.length / more);
}

function count(form) {
  const sign = form.querySelector("[data-sms]");
  if (!sign) return;
  const text = form.querySelector("textarea").value;
  sign.hidden = form.dataset.wordingChannel !== "sms" || !text;
  sign.textContent = t("sms", { n: text.length, parts: parts(text) });
}

document.addEventListener("click", (event) => {
  const picked = event.target.closest("[data-wording]");
  if (!picked) return;
  const form = document.querySelector('form[data-compose="reply"]');
  const area = form?.querySelector("textarea");
  if (!area) return;
  area.setRangeText(picked.dataset.wordingText, area.selectionStart, area.selectionEnd, "end");
  form.elements.wording.value = picked.dataset.wording;
  form.dataset.wordingChannel = picked.dataset.wordingChannel;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  // The dialog gives the focus back to its button when it closes; the text comes next.
  setTimeout(() => { area.focus(); }, 0);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest?.('form[data-compose="reply"]');
  if (!form) return;
  if (!form.querySelector("textarea").value) { form.elements.wording.value = ""; delete form.dataset.wordingChannel; }
  count(form);
});
