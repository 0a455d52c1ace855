// The table of titles and descriptions: counts while somebody types, keys, and a warning on leaving.
const form = document.getElementById("table_form");

function count(cell) {
  const length = [...cell.querySelector("textarea").value.trim()].length;
  const shown = cell.querySelector(".count");
  const state = !length ? "missing" : length > Number(cell.dataset.shown) ? "long" : "fine";
  shown.className = `count ${state}`;
  shown.querySelector(".number").textContent = length;
  const words = shown.querySelector(".words");
  words.textContent = words.dataset[state];
}

const isChanged = () =>
  [...form.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);

function neighbour(field, step) {
  const name = field.name.slice(field.name.indexOf("-"));
  const same = [...form.querySelectorAll("fieldset:not(:disabled) textarea")].filter((each) => each.name.endsWith(name));
  return same[same.indexOf(field) + step];
}

if (form) {
  let isSaving = false;
  form.addEventListener("input", (event) => count(event.target.closest(".cell")));
  form.addEventListener("submit", () => { isSaving = true; });
  form.addEventListener("keydown", (event) => {
    if (event.target.tagName !== "TEXTAREA") return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      neighbour(event.target, event.key === "ArrowUp" ? -1 : 1)?.focus();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!isSaving && isChanged()) event.preventDefault();
  });
}
