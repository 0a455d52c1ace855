// After [[, offers entries to link (a list that the text controls: arrows, Enter, Esc, pointer).
const PAUSE = 120; // milliseconds without a key before entries are asked for
const OPEN = /(?<![\\[!`])\[\[([^[\]|\n`]*)$/;
const LOOKED_AT = 200; // characters before the caret

const folded = (words) => words.trim().replace(/\s+/g, " ").toLowerCase();
// As config/wikilinks.py writes a name, every sign of it meant as it stands.
const escaped = (words) => words.replace(/[[\]\\`<]|^\^/g, "\\$&").replace(/&(?=#?\w+;)/g, "&amp;").replaceAll("|", "&#124;");

class Terms {
  constructor(editor) {
    this.editor = editor;
    this.text = editor.text;
    this.marked = -1;
    this.list = made("ul", "markdownx-terms");
    this.list.id = `${this.text.id}_terms`;
    this.list.role = "listbox";
    this.list.hidden = true;
    this.list.setAttribute("aria-label", "Entries");
    this.said = made("span", "markdownx-said");
    this.said.setAttribute("role", "status");
    editor.root.append(this.list, this.said);
    const about = { "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(about)) this.text.setAttribute(name, value);
    this.text.addEventListener("input", () => this.later());
    this.text.addEventListener("keydown", (event) => this.press(event));
    this.text.addEventListener("click", () => this.close());
    this.text.addEventListener("blur", () => this.close());
  }

  // What is typed after [[ at the caret, or null.
  get query() {
    const { value, selectionStart: caret, selectionEnd } = this.text;
    if (caret !== selectionEnd) return null;
    return OPEN.exec(value.slice(Math.max(0, caret - LOOKED_AT), caret))?.[1] ?? null;
  }

  later() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    const { query } = this;
    if (query === null || document.activeElement !== this.text) {
      this.left = undefined;
      return this.close();
    }
    const start = this.text.selectionStart - query.length;
    if (start === this.left) return;
    this.left = undefined;
    const asked = (this.asked = new AbortController());
    const address = new URL(this.text.dataset.terms, location);
    address.searchParams.set("q", query);
    address.searchParams.set("language", this.editor.subject.language ?? "");
    try {
      const answer = await fetch(address, { signal: asked.signal });
      const offers = answer.ok ? (await answer.json()).terms : [];
      if (!asked.signal.aborted && query === this.query) this.show(offers, query);
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show(offers, query) {
    this.offers = offers;
    this.list.replaceChildren(...offers.map((offer, place) => this.option(offer, place)));
    this.list.hidden = !offers.length;
    this.said.textContent = offers.length
      ? `${offers.length} ${offers.length === 1 ? "entry" : "entries"}. Choose with the arrow keys and Enter.`
      : query && `No entry is called “${query}” yet.`;
    if (!offers.length) return this.forget();
    this.place(query);
    this.mark(0);
  }

  option(offer, place) {
    const item = made("li");
    item.id = `${this.list.id}_${place}`;
    item.role = "option";
    item.append(made("span", "name", offer.alias || offer.term));
    if (offer.alias) item.append(made("span", "meant", `→ ${offer.term}`));
    if (offer.state) item.append(made("span", `state ${offer.state.toLowerCase()}`, offer.state));
    if (offer.definition) item.append(made("span", "definition", offer.definition));
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.take(offer);
    });
    return item;
  }

  mark(place) {
    const items = [...this.list.children];
    this.marked = (place + items.length) % items.length;
    items.forEach((item, at) => item.setAttribute("aria-selected", String(at === this.marked)));
    this.text.setAttribute("aria-activedescendant", items[this.marked].id);
    items[this.marked].scrollIntoView({ block: "nearest" });
  }

  press(event) {
    if (this.list.hidden || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown") this.mark(this.marked + 1);
    else if (event.key === "ArrowUp") this.mark(this.marked - 1);
    else if (event.key === "Enter" && !event.shiftKey) this.take(this.offers[this.marked]);
    else if (event.key === "Escape") this.leave();
    else {
      if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.close();
      return;
    }
    event.preventDefault();
  }

  // Writes the chosen name; where another one was typed or selected, that stays to be shown.
  take({ term, alias }) {
    const { value, selectionStart: caret } = this.text;
    const typed = this.query ?? "";
    const after = value.slice(caret);
    const isSelected = typed && typed === this.editor.shown && after.startsWith("]]");
    const shown = isSelected && folded(typed) !== folded(term) ? typed : alias;
    const line = value.slice(value.lastIndexOf("\n", caret - 1) + 1, caret);
    const bar = /^\s*\|/.test(line) ? "\\|" : "|";
    const name = escaped(term) + (shown && !after.startsWith("|") ? bar + (shown === typed ? typed : escaped(shown)) : "");
    const isOpen = !/^(\||\\\|)/.test(after);
    const end = isOpen && after.startsWith("]]") ? caret + 2 : caret;
    this.close();
    this.editor.write(caret - typed.length, end, isOpen ? `${name}]]` : name);
  }

  leave() {
    this.left = this.text.selectionStart - (this.query?.length ?? 0);
    this.close();
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.said.textContent = "";
    this.forget();
  }

  forget() {
    this.marked = -1;
    this.text.removeAttribute("aria-activedescendant");
  }

  // Below the [[, and within the field.
  place(query) {
    const { x, y } = spotOf(this.text, this.text.selectionStart - query.length - 2);
    const room = this.text.offsetWidth - this.list.offsetWidth;
    this.list.style.insetInlineStart = `${this.text.offsetLeft + Math.max(0, Math.min(x, room))}px`;
    this.list.style.insetBlockStart = `${this.text.offsetTop + Math.min(y, this.text.offsetHeight)}px`;
  }
}

function made(tag, name = "", words = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = words;
  return element;
}

const COPIED = ["font", "letterSpacing", "lineHeight", "padding", "border", "boxSizing", "tabSize"];

// Where in the field a character stands, its line's lower edge: measured on a copy of the text.
function spotOf(text, index) {
  const copy = document.createElement("div");
  const style = getComputedStyle(text);
  for (const name of COPIED) copy.style[name] = style[name];
  Object.assign(copy.style, { position: "absolute", visibility: "hidden", whiteSpace: "pre-wrap", overflowWrap: "break-word" });
  copy.style.inlineSize = `${text.offsetWidth}px`;
  const spot = document.createElement("span");
  spot.textContent = "[[";
  copy.append(text.value.slice(0, index), spot);
  text.after(copy);
  const place = { x: spot.offsetLeft, y: spot.offsetTop + spot.offsetHeight - text.scrollTop + 4 };
  copy.remove();
  return place;
}

document.addEventListener("markdownx.init", ({ detail: editor }) => {
  if (editor.text.dataset.terms) new Terms(editor);
});
