// Offers existing topics for the word being typed between commas (ARIA combobox pattern).
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll("input[data-suggestions]")) suggest(input);
});

function suggest(input) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `${input.id}_suggestions`;
  list.role = "listbox";
  list.hidden = true;
  list.setAttribute("aria-label", "Topics");
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox", autocomplete: "off", "aria-autocomplete": "list",
    "aria-controls": list.id, "aria-expanded": "false",
  })) input.setAttribute(name, value);

  let chosen = -1;
  let asked;
  const words = () => input.value.split(",");
  const close = () => { list.hidden = true; chosen = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const mark = (index) => {
    chosen = (index + list.children.length) % list.children.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    input.setAttribute("aria-activedescendant", list.children[chosen].id);
  };
  const take = (name) => {
    const given = words().slice(0, -1).map((word) => word.trim());
    input.value = [...given, name, ""].join(", ");
    close();
    input.focus();
  };
  const show = (names) => {
    list.replaceChildren(...names.map((name, at) => {
      const item = document.createElement("li");
      item.textContent = name;
      item.role = "option";
      item.id = `${list.id}_${at}`;
      item.addEventListener("mousedown", (event) => { event.preventDefault(); take(name); });
      return item;
    }));
    chosen = -1;
    list.hidden = !names.length;
    input.setAttribute("aria-expanded", String(names.length > 0));
  };
  input.addEventListener("input", async () => {
    const typed = words().at(-1).trim();
    asked?.abort();
    if (!typed) return close();
    asked = new AbortController();
    try {
      const answer = await fetch(`${input.dataset.suggestions}?q=${encodeURIComponent(typed)}`, { signal: asked.signal });
      if (!answer.ok) return close();
      const given = new Set(words().slice(0, -1).map((word) => word.trim().toLowerCase()));
      show((await answer.json()).topics.filter((name) => !given.has(name.toLowerCase())));
    } catch (error) {
      if (error.name !== "AbortError") close();
    }
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(chosen + 1);
    else if (event.key === "ArrowUp") mark(chosen < 0 ? -1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) take(list.children[chosen].textContent);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
}
