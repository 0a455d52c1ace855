// Suggestions while typing: an editable combobox with a list, chosen from by hand (WAI-ARIA 1.2).
const PAUSE = 120; // milliseconds without a key

const make = (tag, given) => Object.assign(document.createElement(tag), given);
const part = (className, textContent) => make("span", { className, textContent });

function option({ term, alias, definition, url }, id) {
  const item = make("li", { id, role: "option", ariaSelected: "false" });
  item.dataset.url = url;
  if (alias) item.append(part("alias", alias), " ");
  item.append(part("term", term), " ", part("definition", definition));
  return item;
}

function suggest(form, input) {
  const list = make("ul", {
    id: `${input.id}-suggestions`, className: "suggestions", role: "listbox", hidden: true,
    ariaLabel: input.labels[0]?.textContent.trim(),
  });
  const status = make("p", { className: "visually-hidden", role: "status" });
  input.after(list);
  form.append(status);
  Object.assign(input, { role: "combobox", autocomplete: "off", ariaAutoComplete: "list", ariaExpanded: "false" });
  input.setAttribute("aria-controls", list.id);
  let active, asked, timer;

  const mark = (item) => {
    if (active) active.ariaSelected = "false";
    active = item;
    input.removeAttribute("aria-activedescendant");
    if (!item) return;
    item.ariaSelected = "true";
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  };
  const show = (found, said) => {
    mark();
    list.replaceChildren(...found.map((each, at) => option(each, `${list.id}-${at}`)));
    list.hidden = !found.length;
    input.ariaExpanded = !list.hidden;
    status.textContent = said;
  };
  const stop = () => {
    clearTimeout(timer);
    asked?.abort();
  };
  const close = () => {
    stop();
    show([], "");
  };
  const ask = async (q) => {
    const { signal } = (asked = new AbortController());
    try {
      const answer = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q })}`, { signal });
      const { suggestions } = await answer.json();
      const { count, none } = form.dataset;
      show(suggestions, suggestions.length ? count.replace("%s", suggestions.length) : none);
    } catch {
      if (!signal.aborted) close();
    }
  };
  const askSoon = () => {
    stop();
    mark();
    const query = input.value.trim();
    if (query) timer = setTimeout(ask, PAUSE, query);
    else close();
  };
  const go = ({ dataset }) => {
    close();
    location.assign(dataset.url);
  };
  const keys = {
    ArrowDown: () => (list.hidden ? askSoon() : mark(active?.nextElementSibling ?? list.firstChild)),
    ArrowUp: () => mark(active?.previousElementSibling ?? list.lastChild),
    Enter: () => go(active),
    Escape: () => {
      if (list.hidden) input.value = "";
      close();
    },
  };

  input.addEventListener("keydown", (event) => {
    // Keys of a composition; Safari calls the last one 229.
    if (event.isComposing || event.keyCode === 229) return;
    if ((event.key === "Enter" && !active) || (event.key === "ArrowUp" && list.hidden)) return;
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    } else if (/^Arrow|Home|End/.test(event.key)) mark(); // the caret moves
  });
  input.addEventListener("input", (event) => event.isComposing || askSoon());
  input.addEventListener("compositionend", askSoon);
  input.addEventListener("blur", close);
  form.addEventListener("submit", close);
  list.onmousedown = () => false; // the focus stays
  list.onclick = ({ target }) => target !== list && go(target.closest("li"));
}

for (const form of document.querySelectorAll("form.search[data-suggest]")) {
  suggest(form, form.querySelector("input[name=q]"));
}

// Tells the editors what is searched for, once per search and tab.
const { heard, query: q, results, mark } = document.querySelector("[data-heard]")?.dataset ?? {};
try {
  const key = `headword-heard ${heard} ${q}`;
  if (heard && !(key in sessionStorage)) {
    sessionStorage[key] = 1;
    navigator.sendBeacon(heard, new URLSearchParams({ q, results, mark }));
  }
} catch {
  // Without storage, it would be told too often.
}
