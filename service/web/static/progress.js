/* Keeps the figures of progress fresh: asks again when the server says it is worth it, less often while nothing
   answers. A change of the state changes the buttons too, so then the page is loaded again. */
const box = document.querySelector("[data-progress]");
const said = document.querySelector("[data-progress-said]");
const FIRST = 1000; // ms
const LONGEST = 30000; // ms between two questions, whoever asks for more
const SPEAK_EVERY = 15000; // ms: so that a screen reader's own words are not drowned
let pause = FIRST;
let spokenAt = -Infinity;

// The server's sentence stays the same for a while: what has been said is not said again.
function speak(sentence) {
  if (sentence === said.textContent || performance.now() - spokenAt < SPEAK_EVERY) return;
  spokenAt = performance.now();
  said.textContent = sentence;
}

async function ask() {
  const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
  if (answer.redirected || answer.status === 401 || answer.status === 403) return location.reload();
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const news = await answer.json();
  if (news.state !== box.dataset.state) return location.reload();
  // The html is ours, escaped by the same templates as the page around it.
  if (!box.contains(document.activeElement)) box.innerHTML = news.html;
  speak(news.said);
  pause = news.again_after;
  if (!news.live) location.reload();
}

async function keepAsking() {
  if (!document.hidden) {
    try {
      await ask();
    } catch {
      pause = Math.min(pause * 2, LONGEST);
    }
  }
  setTimeout(keepAsking, pause);
}

setTimeout(keepAsking, pause);
