/* Counts a segment while its words are typed: one question at a time, and the last words have the last word. */
const form = document.querySelector("form[data-count]");
const shown = document.querySelector("[data-count-shown]");
const said = document.querySelector("[data-count-said]");
const REST = 500; // ms without a key before a question is worth its work
let resting;
let isAsking = false;
let isStale = false;

async function ask() {
  const answer = await fetch(form.dataset.count, { method: "POST", body: new FormData(form) });
  if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
  const news = await answer.json();
  if (isStale) return; // typed on meanwhile: the next answer is the one to show
  shown.innerHTML = news.html; // ours, escaped by the same templates as the page around it
  said.textContent = news.said;
}

async function askOnce() {
  if (isAsking) {
    isStale = true;
    return;
  }
  isAsking = true;
  do {
    isStale = false;
    try {
      await ask();
    } catch {
      said.textContent = ""; // what stands there is older than the words; the button counts, too
    }
  } while (isStale);
  isAsking = false;
}

form.addEventListener("input", (event) => {
  if (event.target.name === "name") return;
  clearTimeout(resting);
  resting = setTimeout(askOnce, REST);
});
