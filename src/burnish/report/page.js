// Opens what a link leads to, and filters and sorts the records of a page. Without it the page shows them all, as they
// were made.
"use strict";
function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let one = target; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  target?.scrollIntoView();
}
addEventListener("hashchange", reveal);
// A second click on a link changes no address.
document.addEventListener("click", (event) => {
  if (event.target.closest?.('a[href^="#"]')) setTimeout(reveal);
});
addEventListener("beforeprint", () => document.querySelectorAll("details.fold").forEach((one) => (one.open = true)));

const form = document.querySelector("form.filters");
if (form) {
  const list = document.querySelector(".cards");
  const cards = [...list.querySelectorAll(".card")].map((element) => ({
    element,
    words: element.textContent.toLowerCase(),
    numbers: JSON.parse(element.dataset.numbers),
  }));
  const number = (text) => (text === "" ? null : Number(text));

  function wanted(choice) {
    const [least, most] = [number(choice.least ?? ""), number(choice.most ?? "")];
    const words = choice.q.toLowerCase().split(/\s+/).filter(Boolean);
    return (card) => {
      const value = card.numbers[choice.by];
      return words.every((word) => card.words.includes(word))
        && ["run", "source", "label"].every((name) => !choice[name] || card.element.dataset[name] === choice[name])
        && (least === null || value >= least) && (most === null || value <= most);
    };
  }

  function ordered(found, choice) {
    if (!choice.order) return found;
    const sign = choice.order === "rising" ? 1 : -1;
    const has = (card) => Number(choice.by in card.numbers);
    // Records without the number come last, either way.
    return found.toSorted((a, b) => has(b) - has(a) || sign * (a.numbers[choice.by] - b.numbers[choice.by]));
  }

  function apply() {
    const choice = Object.fromEntries(new FormData(form));
    const found = ordered(cards.filter(wanted(choice)), choice);
    list.replaceChildren(...found.map((card) => card.element));
    form.querySelector("output").textContent = `${found.length} of ${cards.length} shown`;
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  apply();
}
if (location.hash) reveal();
