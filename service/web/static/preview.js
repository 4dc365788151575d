/* The preview beside the editor: posts the unsaved words into a fresh frame a moment after the last key, and swaps the
   frames once the new one is drawn. A fresh frame adds nothing to the browser's history, and nothing flickers. */
const box = document.querySelector("[data-preview]");
const button = box.querySelector("[data-preview-button]");
const sheet = box.querySelector("[data-sheet]");
const status = box.querySelector("[data-preview-status]");
const form = button.form;
const PAUSE = 400; // ms after the last key
const SLOW = 8000; // ms until we say that it takes long

let shown = sheet.querySelector("iframe");
let coming = null;
let timer = 0;
let number = 0;

const chosenView = () => form.elements.view.value;

function show() {
  clearTimeout(timer);
  coming?.remove();
  const frame = shown.cloneNode();
  frame.name = `preview-frame-${++number}`;
  frame.classList.add("sheet__coming");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  sheet.append(frame);
  coming = frame;
  const slow = setTimeout(() => (status.textContent = "The preview takes longer than usual."), SLOW);
  const view = chosenView();

  frame.addEventListener("load", () => {
    if (coming !== frame || !frame.dataset.asked) return;
    clearTimeout(slow);
    status.textContent = "";
    frame.contentWindow.scrollTo(0, shown.contentWindow.scrollY);
    shown.remove();
    frame.classList.remove("sheet__coming");
    frame.removeAttribute("aria-hidden");
    frame.removeAttribute("tabindex");
    sheet.className = `sheet sheet--${view}`;
    shown = frame;
    coming = null;
  });

  frame.dataset.asked = "yes";
  button.formTarget = frame.name;
  form.requestSubmit(button);
}

function showSoon() {
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
}

button.hidden = true;
form.addEventListener("input", showSoon);
box.addEventListener("change", show); // the choice of view stands outside the form
show();
