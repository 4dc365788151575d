/* Asks before a page with unsaved words is left. data-unsaved-now marks a form that came back with an error: its
   words are nowhere but on this page. */
for (const form of document.querySelectorAll("form[data-unsaved]")) {
  const words = () => new URLSearchParams(new FormData(form)).toString();
  const saved = "unsavedNow" in form.dataset ? null : words();
  let leaving = false;

  form.addEventListener("submit", (event) => {
    // A preview goes into a frame; only a real save leaves the page.
    if (!event.submitter?.formTarget) leaving = true;
  });

  addEventListener("pageshow", () => {
    leaving = false;
  });

  addEventListener("beforeunload", (event) => {
    if (!leaving && words() !== saved) event.preventDefault();
  });
}
