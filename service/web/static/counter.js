/* The live length beside a field with data-counter="least-most"; the sentence says whether it fits. */
for (const field of document.querySelectorAll("[data-counter]")) {
  const [least, most] = field.dataset.counter.split("-").map(Number);
  const output = document.createElement("output");
  output.className = "counter";
  output.htmlFor = field.id;

  const say = () => {
    const length = [...field.value.trim()].length;
    const missing = least - length;
    const over = length - most;
    output.classList.toggle("counter--fits", missing <= 0 && over <= 0);
    if (over > 0) output.value = `${length} characters: ${over} more than show everywhere`;
    else if (missing > 0) output.value = `${length} characters: ${missing} more would fill the line`;
    else output.value = `${length} characters: a good length`;
  };

  field.addEventListener("input", say);
  field.after(output);
  say();
}
