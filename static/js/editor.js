// The Markdown field: preview while typing, pictures by drop and paste.
// It takes the place of django-markdownx's script (docs/decisions.md says why) and keeps its
// markup and its events: "markdownx.init", which hands out the editor, and "markdownx.update".
// The scripts editor-….js add to it by these. Says "headword.picture" when a picture was put into
// the text.
"use strict";
(() => {
  const PAUSE = 350; // milliseconds without a key before the preview is asked for
  const ALT = "Describe this picture";

  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
  const post = (url, data, signal) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(data)) body.append(name, value);
    return fetch(url, { method: "POST", body, signal, headers: { "X-CSRFToken": token() } });
  };

  class Editor {
    constructor(root) {
      this.root = root;
      this.text = root.querySelector(".markdownx-editor");
      this.preview = root.querySelector(".markdownx-preview");
      this.status = root.querySelector(".markdownx-status");
      this.uploads = 0;
      this.text.addEventListener("input", () => this.later());
      this.text.addEventListener("paste", (event) => this.take(event, event.clipboardData));
      this.text.addEventListener("drop", (event) => this.take(event, event.dataTransfer));
      this.text.addEventListener("dragover", (event) => {
        if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
      });
      // What static/js/pictures.js asks for.
      root.addEventListener("headword.insert", (event) => this.insert(event.detail));
      root.addEventListener("headword.find", (event) => this.find(event.detail));
      root.addEventListener("headword.replace", (event) => this.replace(event.detail.mark, event.detail.text));
      // The page of an entry follows its language.
      this.text.form?.elements.language?.addEventListener?.("change", () => this.later());
      this.show();
      this.tell("markdownx.init", this);
    }

    // What the text belongs to: nothing, if it is not that of an entry.
    get subject() {
      const { entry, language } = this.text.dataset;
      if (entry === undefined) return {};
      return { entry, language: this.text.form?.elements.language?.value ?? language };
    }

    tell(name, detail) {
      this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
    }

    // A sentence stays until what it is about has changed.
    say(sentence, about = "") {
      this.status.textContent = sentence;
      this.about = about;
    }

    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.show(), PAUSE);
    }

    // An older answer never replaces a newer one: its request is aborted.
    async show() {
      this.asked?.abort();
      const asked = (this.asked = new AbortController());
      try {
        const answer = await post(this.text.dataset.markdownxUrlsPath, { content: this.text.value, ...this.subject }, asked.signal);
        const said = await answer.text();
        if (asked.signal.aborted) return;
        if (!answer.ok) return this.say(sentence(answer, said), "preview");
        (this.page ?? this.preview).innerHTML = said;
        if (this.about === "preview") this.say("");
        this.tell("markdownx.update", said);
      } catch (error) {
        if (error.name !== "AbortError") this.say("No connection: the preview is not up to date. Your text stays in the field.", "preview");
      }
    }

    // Puts `text` where start…end was, as something typed, so that the browser can undo it;
    // from…to of it are selected afterwards.
    write(start, end, text, from = text.length, to = from) {
      this.text.focus();
      this.text.setSelectionRange(start, end);
      if (text) document.execCommand("insertText", false, text);
      else if (start < end) document.execCommand("delete");
      this.text.setSelectionRange(start + from, start + to);
    }

    take(event, data) {
      const pictures = [...(data?.files ?? [])];
      if (!pictures.length) return;
      event.preventDefault();
      for (const picture of pictures) this.upload(picture);
    }

    async upload(picture) {
      const mark = `![Uploading ${picture.name.replace(/[[\]()]/g, "")} …]()`;
      this.insert(mark);
      this.uploads += 1;
      this.say("");
      this.root.classList.add("busy");
      let written = "";
      let kept;
      try {
        const answer = await post(this.text.dataset.markdownxUploadUrlsPath, { image: picture });
        const said = await answer.text();
        if (answer.ok) {
          kept = JSON.parse(said);
          written = `![${ALT}](${kept.image_path})`;
        } else this.say(sentence(answer, said));
      } catch {
        this.say("The picture did not arrive. Check the connection and drop it again.");
      }
      this.uploads -= 1;
      this.root.classList.toggle("busy", this.uploads > 0);
      await noDialog();
      this.replace(mark, written);
      if (kept) this.tell("headword.picture", { ...kept, mark: written });
    }

    // insertText keeps the browser's own undo, which setting `value` destroys.
    insert(text) {
      this.text.focus();
      // Moving the caret ends the browser's undo step, so that undoing the picture keeps the words.
      const caret = [this.text.selectionStart, this.text.selectionEnd];
      this.text.setSelectionRange(0, 0);
      this.text.setSelectionRange(...caret);
      document.execCommand("insertText", false, text);
    }

    replace(mark, text) {
      const start = this.text.value.indexOf(mark);
      if (start < 0) return; // undone by the editor meanwhile
      this.text.focus();
      this.text.setSelectionRange(start, start + mark.length);
      document.execCommand(text ? "insertText" : "delete", false, text);
      this.find(text);
    }

    // Puts the caret where the words for a picture are still to be typed.
    find(mark) {
      const start = this.text.value.indexOf(mark);
      if (start < 0 || !mark.startsWith(`![${ALT}]`)) return;
      this.text.focus();
      this.text.setSelectionRange(start + 2, start + 2 + ALT.length);
    }
  }

  // A field behind an open dialog cannot be written to.
  async function noDialog() {
    for (let open; (open = document.querySelector("dialog:modal")); )
      await new Promise((done) => open.addEventListener("close", done, { once: true }));
  }

  function sentence(answer, said) {
    const type = answer.headers.get("Content-Type") ?? "";
    if (type.startsWith("text/plain")) return said;
    if (type.startsWith("application/json")) return JSON.parse(said).error;
    return "Your session has ended. Log in again in another tab; your text stays in the field.";
  }

  const editors = new WeakMap();
  const start = (within) => {
    for (const root of within.querySelectorAll(".markdownx")) {
      // The empty row that new inline rows are copied from stays untouched.
      if (editors.has(root) || root.closest(".empty-form")) continue;
      editors.set(root, new Editor(root));
    }
  };
  document.addEventListener("formset:added", (event) => start(event.target));
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => start(document));
  else start(document);
})();
