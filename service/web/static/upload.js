/* Says at once that a chosen file is too large, before minutes of sending it. The server looks by itself. */
const limit = document.querySelector("[data-largest]");
const input = limit?.querySelector("input[type=file]");

input?.addEventListener("change", () => {
  const isTooLarge = input.files[0]?.size > Number(limit.dataset.largest);
  input.setCustomValidity(isTooLarge ? limit.dataset.tooLarge : "");
  input.reportValidity();
});
