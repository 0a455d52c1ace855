// The entry's form keeps itself: a copy in this browser at once, a draft on the site soon after.
"use strict";
(() => {
  const COPY_AFTER = 400; // milliseconds without a key
  const SAVE_AFTER = 4000;
  const HEARTBEAT = 15000;
  const NOT_TEXT = new Set(["csrfmiddlewaretoken", "base", "note", "change", "why"]);

  document.addEventListener("DOMContentLoaded", () => {
    // A new entry that was saved is at another address now.
    if (document.querySelector(".messagelist li:not(.error)")) copiesUnder(keyOf("/admin/glossary/entry/add/")).dropSent();
    const desk = document.querySelector("[data-desk]");
    if (desk) start(desk, desk.closest("form"));
  });

  function start(desk, form) {
    const said = desk.querySelector("[data-kept]");
    const copies = copiesUnder(keyOf(location.pathname));
    let saved = written(form);
    let saving = false;
    let again = false;
    let blocked = false;
    let leaving = false;
    let copyTimer;
    let saveTimer;

    offerCopy(form, copies);
    labelPublishing(form);

    const changed = () => {
      clearTimeout(copyTimer);
      copyTimer = setTimeout(() => copy(), COPY_AFTER);
      if (!desk.dataset.autosave || blocked) return;
      clearTimeout(saveTimer);
      saveTimer = setTimeout(save, SAVE_AFTER);
    };
    const copy = (isSent = false) => {
      const now = written(form);
      if (now !== saved || isSent) copies.put(now, form.elements.base.value, isSent);
    };

    async function save() {
      if (saving) return void (again = true);
      const now = written(form);
      if (now === saved || leaving) return;
      saving = true;
      try {
        const answer = await fetch(desk.dataset.autosave, { method: "POST", body: new FormData(form), redirect: "manual" });
        if (answer.status === 409) {
          blocked = true;
          said.textContent = `${(await answer.json()).conflict} “Save draft” shows both.`;
        } else if (!answer.ok) {
          said.textContent = "Your session has ended. Log in again in another tab; this browser keeps your text.";
        } else {
          const told = await answer.json();
          if (told.kept) {
            form.elements.base.value = told.base;
            saved = now;
            if (written(form) === now) copies.drop();
            said.textContent = `Draft kept at ${told.kept}`;
          } else {
            said.textContent = "Not complete yet: kept in this browser only.";
          }
        }
      } catch {
        said.textContent = "No connection: kept in this browser, saved when it is back.";
        saveTimer = setTimeout(save, HEARTBEAT);
      }
      saving = false;
      if (again) { again = false; changed(); }
    }

    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
    document.addEventListener("formset:removed", changed);
    form.addEventListener("submit", () => { clearTimeout(copyTimer); copy(true); leaving = true; clearTimeout(saveTimer); });
    addEventListener("pagehide", () => { if (!leaving) copy(); beat(desk, form, true); });
    addEventListener("pageshow", () => { leaving = false; });
    if (desk.dataset.here) {
      beat(desk, form);
      setInterval(() => { if (!document.hidden) beat(desk, form); }, HEARTBEAT);
    }
  }

  // What the form says, without what belongs to this one look at it.
  function written(form) {
    const pairs = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NOT_TEXT.has(name));
    return JSON.stringify(pairs.map(([name, value]) => [name, value.replace(/\r\n/g, "\n")]));
  }

  const keyOf = (path) => `headword-desk-${path}`;

  // Storage may be switched off or full: then the draft on the site is all there is.
  function copiesUnder(key) {
    const attempt = (act) => { try { return act(); } catch { return null; } };
    return {
      put: (text, base, isSent) => attempt(() => localStorage.setItem(key, JSON.stringify({ at: Date.now(), text, base, isSent }))),
      get: () => attempt(() => JSON.parse(localStorage.getItem(key))),
      drop: () => attempt(() => localStorage.removeItem(key)),
      dropSent: () => attempt(() => JSON.parse(localStorage.getItem(key))?.isSent && localStorage.removeItem(key)),
    };
  }

  function offerCopy(form, copies) {
    const copy = copies.get();
    const box = form.querySelector("[data-kept-copy]");
    // What was sent has arrived when the site has a newer version than it began with.
    const hasArrived = copy?.isSent && copy.base !== form.elements.base.value;
    if (!copy || !box || hasArrived || copy.text === written(form)) return void copies.drop();
    box.querySelector("time").textContent = new Date(copy.at).toLocaleString(document.documentElement.lang);
    box.hidden = false;
    box.querySelector("[data-take]").addEventListener("click", () => { putBack(form, JSON.parse(copy.text)); box.hidden = true; });
    box.querySelector("[data-drop]").addEventListener("click", () => { copies.drop(); box.hidden = true; });
  }

  function putBack(form, pairs) {
    for (const [name, value] of pairs.filter(([name]) => name.endsWith("-TOTAL_FORMS"))) {
      const total = form.elements[name];
      const group = total?.closest(".inline-group");
      for (let turn = 0; group && turn < 200 && Number(total.value) < Number(value); turn += 1) {
        group.querySelector(".add-row a")?.click();
      }
    }
    const given = new Map();
    for (const [name, value] of pairs) given.set(name, [...(given.get(name) ?? []), value]);
    for (const field of form.elements) {
      if (!field.name || NOT_TEXT.has(field.name) || /-(TOTAL|INITIAL)_FORMS$/.test(field.name)) continue;
      const values = given.get(field.name) ?? [];
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (field.type !== "submit" && field.type !== "file" && values.length) put(field, values[0]);
    }
  }

  function put(field, value) {
    if (field.value === value) return;
    // A select that searches while typing holds only what was chosen.
    if (field.localName === "select" && ![...field.options].some((option) => option.value === value)) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async function beat(desk, form, isLeaving = false) {
    if (!desk.dataset.here) return; // a new entry is nobody else's yet
    const body = new FormData();
    body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    if (isLeaving) {
      body.append("leaving", "1");
      return void navigator.sendBeacon(desk.dataset.here, body);
    }
    try {
      const answer = await fetch(desk.dataset.here, { method: "POST", body, redirect: "manual" });
      if (!answer.ok) return;
      const { others } = await answer.json();
      const box = desk.querySelector("[data-others]");
      const told = others.map(({ name, since }) => `${name} is editing since ${since}`).join(" · ");
      if (box.textContent.trim() !== told) box.textContent = told;
    } catch { /* the next heartbeat tells */ }
  }

  // The button says what it will do: now, or when.
  function labelPublishing(form) {
    const button = form.querySelector("[data-publish]");
    const [day, hour] = ["0", "1"].map((part) => form.elements[`publish_at_${part}`]);
    if (!button || !day || !hour) return;
    const label = () => {
      const [, year, month, date] = day.value.match(/^(\d{4})-(\d{2})-(\d{2})$/) ?? [];
      if (!year) return void (button.textContent = button.dataset.now);
      const shown = new Date(Number(year), Number(month) - 1, Number(date)).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: year === String(new Date().getFullYear()) ? undefined : "numeric" });
      button.textContent = `Schedule for ${shown} ${hour.value.slice(0, 5) || "00:00"} (${button.dataset.zone})`;
    };
    for (const field of [day, hour]) {
      for (const event of ["input", "change", "focus", "blur"]) field.addEventListener(event, label);
    }
    // Django's calendar sets the value without an event.
    document.addEventListener("click", () => setTimeout(label, 0));
    label();
  }
})();
