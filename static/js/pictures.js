// The media library in the Markdown field: asks what a picture shows, offers those already there.
// static/js/editor.js says "headword.picture" when an uploaded one stands in the text as `mark`, and
// obeys "headword.insert", "headword.replace" and "headword.find". A button within the field opens
// the library by its attribute `data-choose-picture`.
"use strict";
(() => {
  const PLACEHOLDER = "Describe this picture"; // as in editor.js
  const PAUSE = 250; // milliseconds without a key before the library is searched
  const NO_CONNECTION = "No connection: the library cannot be read now.";

  const parts = {}; // of the dialogs, by the names of their data attributes
  const paths = {}; // of the views that answer

  const tell = (root, name, detail) => root.dispatchEvent(new CustomEvent(name, { detail }));
  const element = (tag, properties, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  };

  // Words of people as Markdown: nothing in them is markup.
  const escaped = (words) => words.replace(/[\\`*_[\]<>&~!{}]/g, "\\$&");
  const written = (words, path) => `![${escaped(words)}](${path})`;

  // What a picture shows -------------------------------------------------------------------

  const waiting = [];
  let asked;

  function ask(root, picture, mark) {
    waiting.push({ root, picture, mark });
    askNext();
  }

  function askNext() {
    if (parts.alt.open || !waiting.length) return;
    asked = waiting.shift();
    parts.shown.src = asked.picture.thumbnail;
    parts.words.value = asked.picture.alt;
    parts.decoration.checked = false;
    parts.error.textContent = "";
    parts.words.removeAttribute("aria-invalid");
    parts.alt.showModal();
    parts.words.focus();
  }

  function answer() {
    const words = parts.decoration.checked ? "" : parts.words.value.trim().replace(/\s+/g, " ");
    if (!words && !parts.decoration.checked) {
      parts.error.textContent = "Write what the picture shows, or tick “Decoration only”.";
      parts.words.setAttribute("aria-invalid", "true");
      parts.words.focus();
      return;
    }
    const { picture } = asked;
    asked.text = written(words, picture.image_path);
    if (words && !picture.alt) store(picture, words);
    parts.alt.close();
  }

  // Only now is the field no longer inert, so that it can be written to.
  function closed() {
    const { root, mark, text } = asked;
    if (text) tell(root, "headword.replace", { mark, text });
    else tell(root, "headword.find", mark);
    setTimeout(askNext); // after the uploads that waited for this dialog
  }

  // The words are in the text; that the library has them too is a help for the next time.
  function store(picture, words) {
    const body = new FormData();
    body.append("alt", words);
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    const path = paths.alt.replace("/0/", `/${picture.id}/`);
    fetch(path, { method: "POST", body, headers: { "X-CSRFToken": token } }).catch(() => {});
  }

  // The library ----------------------------------------------------------------------------

  let target;
  let request;
  let timer;
  let next;

  function open(root) {
    target = root;
    parts.search.value = "";
    parts.grid.replaceChildren();
    parts.library.showModal();
    parts.search.focus();
    load(1);
  }

  async function load(page) {
    request?.abort();
    const mine = (request = new AbortController());
    const query = new URLSearchParams({ q: parts.search.value, page });
    try {
      const got = await fetch(`${paths.library}?${query}`, { signal: mine.signal });
      const said = await got.json();
      if (mine.signal.aborted) return;
      if (got.ok) show(said, page);
      else parts.status.textContent = said.error;
    } catch (error) {
      if (error.name !== "AbortError") parts.status.textContent = NO_CONNECTION;
    }
  }

  function show(said, page) {
    const buttons = said.pictures.map(button);
    const items = buttons.map((made) => element("li", {}, made));
    if (page === 1) parts.grid.replaceChildren(...items);
    else parts.grid.append(...items);
    next = said.next;
    parts.more.hidden = !next;
    const count = said.count === 1 ? "1 picture" : `${said.count} pictures`;
    const none = parts.search.value ? "No picture fits these words." : "There are no pictures yet. Drop or paste one into the text.";
    parts.status.textContent = said.count ? count : none;
    if (page > 1) buttons[0]?.focus();
  }

  function button(picture) {
    const made = element(
      "button",
      { type: "button" },
      element("img", { src: picture.thumbnail, alt: "", loading: "lazy" }),
      element("span", { textContent: picture.name }),
      element("span", { className: "quiet", textContent: picture.alt || "not described yet" }),
    );
    made.addEventListener("click", () => take(picture));
    return made;
  }

  function take(picture) {
    const mark = written(picture.alt || PLACEHOLDER, picture.image_path);
    parts.library.close();
    tell(target, "headword.insert", mark);
    ask(target, picture, mark);
  }

  function step(event) {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const buttons = [...parts.grid.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    if (!(event.key in steps) || at < 0) return;
    event.preventDefault();
    buttons[at + steps[event.key]]?.focus();
  }

  // Start ----------------------------------------------------------------------------------

  function start() {
    const template = document.querySelector("template.picture-dialogs");
    if (!template) return;
    Object.assign(paths, template.dataset);
    // One pair of dialogs for all fields of a page, outside of its form.
    document.body.append(template.content.cloneNode(true));
    for (const dialog of document.querySelectorAll("body > dialog[data-dialog]")) {
      parts[dialog.dataset.dialog] = dialog;
      for (const part of dialog.querySelectorAll("*")) {
        for (const name of Object.keys(part.dataset)) parts[name] = part;
      }
    }
    listen();
    for (const chooser of document.querySelectorAll("[data-choose-picture]")) chooser.hidden = false;
  }

  function listen() {
    parts.use.addEventListener("click", answer);
    parts.alt.addEventListener("close", closed);
    parts.later.addEventListener("click", () => parts.alt.close());
    parts.words.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      answer();
    });
    parts.decoration.addEventListener("change", () => { parts.error.textContent = ""; });
    parts.search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => load(1), PAUSE);
    });
    parts.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      clearTimeout(timer);
      load(1);
    });
    parts.more.addEventListener("click", () => load(next));
    parts.close.addEventListener("click", () => parts.library.close());
    parts.grid.addEventListener("keydown", step);
    document.addEventListener("headword.picture", (event) => ask(event.target, event.detail, event.detail.mark));
    document.addEventListener("click", (event) => {
      const chooser = event.target.closest("[data-choose-picture]");
      if (chooser) open(chooser.closest(".markdownx"));
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
