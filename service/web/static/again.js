/* Loads the page again while something on it is under way: data-again="milliseconds". Words that were typed in the
   meantime are more important than fresh news, so a page in use stays. */
const waiting = document.querySelector("[data-again]");
if (waiting) {
  setTimeout(() => {
    const isInUse = document.activeElement?.matches("input, textarea, select, iframe");
    if (!isInUse) location.reload();
  }, Number(waiting.dataset.again));
}
