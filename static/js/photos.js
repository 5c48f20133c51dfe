// Photos of a case: chosen, dropped or pasted; sent one after the other, a refusal beside its name.
import { say } from "./toast.js";

const adding = () => document.getElementById("photo-add");
const waiting = [];
let sending = false;

function take(files) {
  const add = adding();
  if (!add) return;
  const caption = add.querySelector("[name=caption]").value;
  for (const file of files) {
    const item = document.getElementById("photo-waiting").content.firstElementChild.cloneNode(true);
    item.querySelector(".clip").textContent = file.name;
    document.getElementById("photo-queue").append(item);
    item.scrollIntoView({ block: "nearest" });
    const photo = { item, file, caption };
    if (file.size > Number(add.dataset.limit)) stop(item, add.dataset.tooLarge);
    else prepare(photo);
  }
  sendAll();
}

function prepare(photo) {
  const { item } = photo;
  item.addEventListener("htmx:xhr:progress", ({ detail }) => {
    if (detail.lengthComputable) item.querySelector("progress").value = detail.loaded / detail.total;
  });
  // Pressed, or told to go on once its owner has signed in again.
  item.addEventListener("click", (event) => {
    if (!item.classList.contains("refused") || event.target.matches("[data-drop]")) return;
    item.classList.remove("refused");
    item.querySelector(".said").textContent = "";
    waiting.push(photo);
    sendAll();
  });
  waiting.push(photo);
}

async function sendAll() {
  if (sending) return;
  sending = true;
  for (let photo = waiting.shift(); photo; photo = waiting.shift()) await send(photo);
  sending = false;
}

async function send({ item, file, caption }) {
  const add = adding();
  if (!add) return stop(item, "");
  const values = { picture: file, caption };
  await htmx.ajax("POST", add.dataset.url, { source: item, target: item, swap: "outerHTML", values }).catch(() => {});
  if (!item.isConnected) return; // taken, or refused with its reason
  stop(item, add.dataset.failed);
  item.querySelector("[data-again]").hidden = false;
}

function stop(item, why) {
  item.classList.add("refused");
  item.querySelector(".said").textContent = why;
  item.querySelector("[data-drop]").hidden = false;
}

document.addEventListener("click", (event) => {
  const choose = event.target.closest("[data-choose]");
  if (choose) document.getElementById(choose.dataset.choose).click();
  event.target.closest("[data-drop]")?.closest("li").remove();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("#photo-add input[type=file]")) return;
  take([...event.target.files]);
  event.target.value = "";
});

document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || !adding()) return;
  event.preventDefault();
  take(files);
});

const carriesFiles = (event) => adding() && event.dataTransfer?.types.includes("Files");
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  adding().classList.add("is-over");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) adding()?.classList.remove("is-over"); });
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  adding().classList.remove("is-over");
  take([...event.dataTransfer.files]);
});

// A reply that is being written answers to the case as it was shown; one's own photo is no news to its author.
document.addEventListener("photo-added", ({ detail }) => {
  for (const field of document.querySelectorAll("form[data-compose] [name=version]")) {
    if (Number(field.value) === detail.version - 1) field.value = detail.version;
  }
  const add = adding();
  if (add) {
    say(add.dataset.added);
    add.querySelector("[name=caption]").value = "";
  }
});

// Shown in full: the one that was pressed comes first into view.
document.addEventListener("htmx:afterSettle", () => {
  document.querySelector("#dialog .photos-shown [autofocus]")?.scrollIntoView();
});
