/* A form with data-work needs a proof of work: the first number for which the SHA-256 of "mark:number" begins with so
   many zero bits (visitors/work.py checks it). Begun when somebody turns to the form, and waited for when it is sent. */
const AT_ONCE = 500;

async function solve(mark, bits) {
  const text = new TextEncoder();
  for (let first = 0; ; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, place) => first + place);
    const digests = await Promise.all(
      numbers.map((number) => crypto.subtle.digest("SHA-256", text.encode(`${mark}:${number}`))),
    );
    const found = digests.findIndex((digest) => new DataView(digest).getUint32(0) >>> (32 - bits) === 0);
    if (found >= 0) return first + found;
  }
}

for (const form of document.querySelectorAll("form[data-work]")) {
  let answer;
  const begin = () => (answer ??= solve(form.elements.mark.value, Number(form.dataset.work)));
  form.addEventListener("focusin", begin, { once: true });
  form.addEventListener("submit", async (event) => {
    if (form.elements.work.value) return;
    event.preventDefault();
    if (form.dataset.waits) return;
    form.dataset.waits = "yes";
    form.querySelector("[data-work-wait]").hidden = false;
    form.elements.work.value = await begin();
    form.submit();
  });
}
