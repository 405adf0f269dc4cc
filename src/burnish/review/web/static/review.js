/* Saves each rating as it is given, and lets the keyboard do everything. Without this script the form still works.

   A rating that the server has not confirmed waits in localStorage and is sent again until it is, even by a later page. */
"use strict";

const form = document.querySelector("form[data-rater]");
const state = document.getElementById("state");
const groups = [...form.querySelectorAll("fieldset")];
const RETRY_MS = 2000;

/* Ratings that are not confirmed: {"position/item": value}, for each rater. */
const shelf = `burnish ${form.dataset.rater}`;
const waiting = () => JSON.parse(localStorage.getItem(shelf) || "{}");
const keep = (ratings) => localStorage.setItem(shelf, JSON.stringify(ratings));

function remember(item, value) {
  keep({ ...waiting(), [`${form.dataset.position}/${item}`]: value });
}

function forget(place, value) {
  const ratings = waiting();
  if (ratings[place] === value) delete ratings[place]; // else it was changed while this was on its way
  keep(ratings);
}

function tell(text, bad = false) {
  state.textContent = text;
  state.classList.toggle("bad", bad);
}

let sending = false;

async function send() {
  if (sending) return;
  sending = true;
  try {
    for (let left = Object.entries(waiting()); left.length; left = Object.entries(waiting())) {
      const [place, value] = left[0];
      const answer = await fetch(`/${form.dataset.rater}/${place}`, {
        method: "PUT",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ value }),
      });
      if (answer.status >= 500 || answer.status === 429) throw new Error(`status ${answer.status}`);
      forget(place, value);
      tell(answer.ok ? "Saved" : "The server did not take that rating: reload the page.", !answer.ok);
    }
  } catch {
    tell("Not saved yet: the server does not answer. Trying again …", true);
    setTimeout(send, RETRY_MS);
  } finally {
    sending = false;
  }
}

const focusIn = (group) => (group.querySelector(":checked") || group.querySelector("input")).focus();
const isRated = (group) => Boolean(group.querySelector(":checked"));

/* The rating that a key is meant for: the one in focus, else the first without a value. */
function current() {
  return groups.find((group) => group.contains(document.activeElement)) || groups.find((group) => !isRated(group));
}

function goOn(group) {
  const next = groups.slice(groups.indexOf(group) + 1).find((other) => !isRated(other)) || groups.find((other) => !isRated(other));
  const target = next || form.querySelector("[type=submit]");
  next ? focusIn(next) : target.focus();
  target.scrollIntoView({ block: "center", behavior: "auto" });
}

function rate(key) {
  const group = current();
  const choice = group && group.querySelector(`input[value="${CSS.escape(key)}"]`);
  if (!choice) return false;
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  goOn(group);
  return true;
}

function move(step) {
  const at = groups.indexOf(groups.find((group) => group.contains(document.activeElement)));
  const to = at < 0 ? (step < 0 ? groups.length - 1 : 0) : at + step; // from the button below, up is to the last one
  const group = groups[Math.min(Math.max(to, 0), groups.length - 1)];
  focusIn(group);
  group.scrollIntoView({ block: "center", behavior: "auto" });
}

form.addEventListener("change", ({ target }) => {
  remember(target.name, target.value);
  send();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Enter" && document.activeElement.matches("body, input")) form.requestSubmit();
  else if (!rate(event.key.toLowerCase())) return;
  event.preventDefault();
});

/* Leaving by the form sends what waits; leaving otherwise asks first. */
let submitting = false;
form.addEventListener("submit", () => { submitting = true; });
addEventListener("beforeunload", (event) => {
  if (!submitting && Object.keys(waiting()).length) event.preventDefault();
});

/* The guide stays as the rater left it. */
const guide = document.getElementById("guide");
const left = localStorage.getItem("burnish guide");
if (left) guide.open = left === "open";
guide.addEventListener("toggle", () => localStorage.setItem("burnish guide", guide.open ? "open" : "closed"));

for (const [place, value] of Object.entries(waiting())) {
  const [position, item] = place.split("/");
  const choice = position === form.dataset.position && form.querySelector(`input[name="${CSS.escape(item)}"][value="${CSS.escape(value)}"]`);
  if (choice) choice.checked = true;
}
send();
