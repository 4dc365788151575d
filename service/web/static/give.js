/* Keeps the figures of the gift form fresh: what covering the fee adds, and what is given in all. The same whole-number
   rules as service/money.py (fee_to_cover); our server counts again by itself. */
const form = document.querySelector("[data-gift]");
const { basisPoints, fixed, places, step, symbol } = form.dataset;
const WHOLE = 10000; // basis points in a whole
const other = form.elements.other_amount;
const cover = form.querySelector("[data-cover]");
const sum = form.querySelector("[data-sum]");

// Minor units of what is typed, or null. Longer amounts are no gifts, and would not be exact here.
function parse(typed) {
  const match = /^(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d+))?$/.exec(typed.normalize("NFKC").trim().replace(symbol.trim(), ""));
  if (!match || (match[2] ?? "").length > Number(places)) return null;
  return Number(match[1].replaceAll(",", "") + (match[2] ?? "").padEnd(Number(places), "0"));
}

function write(minor, isShort) {
  const digits = String(minor).padStart(Number(places) + 1, "0");
  const whole = digits.slice(0, digits.length - Number(places)).replace(/\B(?=(\d{3})+$)/g, ",");
  const part = digits.slice(digits.length - Number(places));
  return symbol + whole + (Number(places) && !(isShort && Number(part) === 0) ? `.${part}` : "");
}

function feeToCover(minor) {
  const keeps = WHOLE - Number(basisPoints);
  const whole = Math.floor(((minor + Number(fixed)) * WHOLE + keeps - 1) / keeps);
  return Math.ceil((whole - minor) / Number(step)) * Number(step);
}

function refresh() {
  const chosen = form.elements.amount.value;
  const minor = chosen === "other" ? parse(other.value) : Number(chosen);
  const way = form.elements.frequency.value;
  sum.hidden = !minor || !way;
  if (!minor) return;
  const added = feeToCover(minor);
  cover.textContent = cover.dataset.words.replace("{added}", write(added)).replace("{amount}", write(minor, true));
  const total = form.elements.cover_fee.checked ? minor + added : minor;
  if (way) sum.textContent = sum.dataset[way].replace("{sum}", write(total, true));
}

form.addEventListener("input", refresh);
refresh();
