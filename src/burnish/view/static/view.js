// Tells of what is new in the run, shortens addresses, and lets the keyboard turn pages. Without it every page works.
"use strict";
const PAUSE_MS = 2000;
const LARGEST_SMALL = 128; // pixels: pictures up to this size are shown enlarged, as in the report

// What is new is told, and loaded when the reader asks for it: nothing moves under anybody's hands.
const { state: address, records, told } = document.body.dataset;
const news = document.getElementById("news");
async function look() {
  try {
    const state = await (await fetch(address, { cache: "no-store" })).json();
    const far = document.querySelector("#far b");
    if (far) far.textContent = `${state.percent} %`;
    const more = state.records - state.dropped - Number(records);
    if (more !== 0 || (told !== undefined && state.told !== told)) tell(more);
  } catch {
    // The server is stopped, or busy: it is asked again.
  }
  setTimeout(look, document.hidden ? 5 * PAUSE_MS : PAUSE_MS);
}

function tell(more) {
  const link = document.createElement("a");
  link.href = location.href;
  link.addEventListener("click", (event) => { event.preventDefault(); location.reload(); });
  const count = `${more.toLocaleString("en")} new record${more === 1 ? "" : "s"}`;
  link.textContent = more > 0 ? count : more < 0 ? "The run was started again" : "New tables and figures";
  news.replaceChildren(link);
  news.hidden = false;
}
setTimeout(look, PAUSE_MS);

const form = document.querySelector("form.filters");
if (form) {
  // A number without limits and without an order chooses nothing yet.
  const counts = (name) => name !== "by" || ["least", "most", "order"].some((other) => form.elements[other].value);
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (!value || !counts(name)) formData.delete(name);
  });
  form.addEventListener("change", ({ target }) => {
    if (target.matches("select") && counts(target.name)) form.requestSubmit();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, select, textarea") || event.altKey || event.ctrlKey || event.metaKey) return;
  const way = { ArrowRight: "next", j: "next", ArrowLeft: "prev", k: "prev" }[event.key];
  if (way) document.querySelector(`a[rel="${way}"]`)?.click();
  if (event.key === "/" && form) { event.preventDefault(); form.elements.q.focus(); }
});

for (const image of document.querySelectorAll(".card img")) {
  const enlarge = () => image.classList.toggle("small", Math.max(image.naturalWidth, image.naturalHeight) <= LARGEST_SMALL);
  if (image.complete) enlarge(); else image.addEventListener("load", enlarge);
}
