// The checks and links beside an entry's form: asks while somebody writes, leads to the places.
"use strict";
(() => {
  const PAUSE = 900; // milliseconds without a key before the checks are asked for
  const SHORTEST = 2; // letters of a name whose uses are looked for
  const FIELDS = ["term", "slug", "language", "case_rule", "short_definition", "body", "title_override", "seo_title", "seo_description", "author", "topics"];
  const ROW = /^aliases-\d+-(name|case_rule|DELETE)$/;
  const ENDED = "Your session has ended. Log in again in another tab; your text stays in the field.";
  const OFFLINE = "No connection: the checks are not up to date.";

  // Only the newest question of each kind is answered: asking again drops the one before.
  class Asker {
    async ask(url, options = {}) {
      this.asked?.abort();
      const asked = (this.asked = new AbortController());
      try {
        const answer = await fetch(url, { ...options, signal: asked.signal });
        const said = await answer.text();
        if (asked.signal.aborted) return null;
        if (answer.ok && !answer.redirected) return { html: said };
        const isSentence = (answer.headers.get("Content-Type") ?? "").startsWith("text/plain");
        if (isSentence) return { sentence: said };
        return { sentence: answer.redirected || answer.status === 403 ? ENDED : "The answer did not come. Try again in a moment." };
      } catch (error) {
        return error.name === "AbortError" ? null : { sentence: OFFLINE };
      }
    }
    drop() {
      this.asked?.abort();
    }
  }

  class Checks {
    constructor(root, form) {
      this.root = root;
      this.form = form;
      this.body = root.querySelector(".checks-body");
      this.status = root.querySelector(".checks-status");
      this.asker = new Asker();
      this.names = new WeakMap();
      form.addEventListener("input", (event) => this.changed(event.target));
      form.addEventListener("change", (event) => this.changed(event.target));
      document.addEventListener("formset:removed", () => this.later());
      this.body.addEventListener("click", (event) => this.follow(event));
      this.show();
    }

    changed(field) {
      if (!FIELDS.includes(field.name) && !ROW.test(field.name) && field.name !== "links_terms") return;
      this.later();
      if (field.name === "term" || field.name.endsWith("-name")) this.lookUp(field);
    }

    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.show(), PAUSE);
    }

    said() {
      const data = new FormData();
      for (const field of this.form.elements) {
        if (!FIELDS.includes(field.name) && !ROW.test(field.name)) continue;
        if (field.type === "checkbox" && !field.checked) continue;
        data.append(field.name, field.value);
      }
      const links = this.form.elements.namedItem("links_terms");
      if (links) data.append("links_terms", links.checked ? "on" : "off");
      if (this.root.dataset.entry) data.append("entry", this.root.dataset.entry);
      return data;
    }

    async show() {
      this.status.textContent = "checking…";
      const headers = { "X-CSRFToken": token(this.form) };
      const answer = await this.asker.ask(this.root.dataset.checksUrl, { method: "POST", body: this.said(), headers });
      if (!answer) return;
      if (answer.sentence) {
        this.status.textContent = answer.sentence;
        return;
      }
      replace(this.body, answer.html);
      this.root.classList.add("is-asking");
      const counts = [...this.body.querySelectorAll(".check-count")].map((count) => count.textContent.trim());
      this.status.textContent = counts.join(", ");
    }

    follow(event) {
      const place = event.target.closest("a[data-field]");
      if (!place) return;
      const field = this.field(place.dataset.field);
      if (!field) return;
      event.preventDefault();
      reveal(field);
      if (place.dataset.start !== undefined && field.setSelectionRange) select(field, Number(place.dataset.start), Number(place.dataset.end));
      else {
        field.focus();
        field.scrollIntoView({ block: "center" });
      }
    }

    field(name) {
      const named = this.form.elements.namedItem(name);
      if (named) return named;
      return [...this.form.elements].find((field) => ROW.test(field.name) && name === "aliases" && field.type !== "hidden");
    }

    // What a name that is being typed would do to the published texts, below its field.
    lookUp(field) {
      const known = this.names.get(field) ?? { asker: new Asker() };
      this.names.set(field, known);
      clearTimeout(known.timer);
      known.asker.drop();
      const name = field.value.trim();
      if (name.length < SHORTEST || name === field.defaultValue.trim()) {
        known.box?.replaceChildren();
        return;
      }
      known.timer = setTimeout(async () => {
        const rule = this.form.elements.namedItem(field.name === "term" ? "case_rule" : field.name.replace(/name$/, "case_rule"));
        const language = this.form.elements.namedItem("language");
        const query = new URLSearchParams({ name, language: language?.value ?? "", case_rule: rule?.value ?? "", entry: this.root.dataset.entry ?? "" });
        const answer = await known.asker.ask(`${this.root.dataset.usesUrl}?${query}`);
        if (!answer?.html) return;
        if (!known.box) {
          known.box = document.createElement("div");
          known.box.className = "would-link";
          known.box.setAttribute("aria-live", "polite");
          field.after(known.box);
        }
        known.box.innerHTML = answer.html;
      }, PAUSE);
    }
  }

  class Links {
    constructor(root, form) {
      this.root = root;
      this.form = form;
      this.body = root.querySelector(".links-body");
      this.status = root.querySelector(".links-status");
      this.asker = new Asker();
      root.addEventListener("toggle", () => root.open && this.load());
      this.body.addEventListener("click", (event) => {
        const button = event.target.closest("button[name=decide]");
        if (!button) return;
        event.preventDefault();
        this.load(button.value);
      });
      if (root.open) this.load();
    }

    async load(decision) {
      const url = `${this.root.dataset.linksUrl}?part=1`;
      const options = { headers: { "X-CSRFToken": token(this.form) } };
      if (decision) Object.assign(options, { method: "POST", body: new URLSearchParams({ decide: decision }) });
      this.status.textContent = decision ? "saving…" : "looking…";
      const answer = await this.asker.ask(url, options);
      if (!answer) return;
      if (answer.sentence) {
        this.status.textContent = answer.sentence;
        return;
      }
      replace(this.body, answer.html);
      this.status.textContent = decision ? "Saved." : "";
    }
  }

  const token = (form) => form.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

  // New HTML in the old one's place: what was open stays open, and the focus stays where it was.
  function replace(box, html) {
    const open = new Set([...box.querySelectorAll("details[open][data-keep]")].map((part) => part.dataset.keep));
    const focused = box.contains(document.activeElement) ? document.activeElement : null;
    const place = focused ? [...box.querySelectorAll("a, button, summary")].indexOf(focused) : -1;
    box.innerHTML = html;
    for (const part of box.querySelectorAll("details[data-keep]")) part.open = open.has(part.dataset.keep);
    if (place >= 0) {
      const able = [...box.querySelectorAll("a, button, summary")];
      able[Math.min(place, able.length - 1)]?.focus({ preventScroll: true });
    }
  }

  function reveal(field) {
    for (let part = field.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  }

  // Places are counted in characters; a text field counts those beyond 65,535 as two.
  function select(field, start, end) {
    const characters = Array.from(field.value);
    const from = characters.slice(0, start).join("").length;
    const to = from + characters.slice(start, end).join("").length;
    field.focus({ preventScroll: true });
    field.setSelectionRange(from, to);
    const above = heightOf(field, field.value.slice(0, from));
    field.scrollTop = Math.max(0, above - field.clientHeight / 3);
    const top = field.getBoundingClientRect().top + above - field.scrollTop;
    if (top < 80 || top > innerHeight - 80) scrollBy({ top: top - innerHeight / 3 });
  }

  // How high `text` stands in the field, measured on a copy that is as wide.
  function heightOf(field, text) {
    const copy = document.createElement("div");
    const style = getComputedStyle(field);
    for (const name of ["font", "letterSpacing", "lineHeight", "paddingTop", "paddingLeft", "paddingRight", "tabSize", "wordBreak"]) copy.style[name] = style[name];
    Object.assign(copy.style, { position: "absolute", visibility: "hidden", boxSizing: "border-box", width: `${field.clientWidth}px`, whiteSpace: "pre-wrap", overflowWrap: "break-word" });
    copy.textContent = `${text}\u200b`;
    document.body.append(copy);
    const height = copy.offsetHeight - Number.parseFloat(style.lineHeight || "0");
    copy.remove();
    return height;
  }

  function start() {
    for (const root of document.querySelectorAll("[data-checks-url]")) {
      const form = root.closest("form") ?? document.querySelector("form[id$=_form]");
      if (!form) continue;
      new Checks(root, form);
      for (const links of root.querySelectorAll("[data-links-url]")) new Links(links, form);
    }
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
