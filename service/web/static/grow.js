/* A textarea with data-grow is as tall as its text, where CSS can't do it yet (field-sizing). */
if (!CSS.supports("field-sizing", "content")) {
  for (const area of document.querySelectorAll("textarea[data-grow]")) {
    const fit = () => {
      area.rows = Math.max(18, area.value.split("\n").reduce((rows, line) => rows + 1 + Math.floor(line.length / 75), 1));
    };
    area.addEventListener("input", fit);
    fit();
  }
}
