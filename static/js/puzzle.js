// The puzzle on the form of a busy network: ALTCHA's widget solves it unasked while people write.
// Nobody is held up for long: what cannot be solved here is sent all the same.
const PATIENCE = 15_000; // milliseconds that a form waits for its puzzle once it was sent
const widget = document.querySelector("altcha-widget");
const { script, worker, ...words } = widget.dataset;
const form = widget.closest("form");
const status = form.querySelector(".puzzle [role=status]");
let waits = true;
let sender; // the button that was pressed meanwhile

function send() {
  if (!sender) return;
  const button = sender === form ? undefined : sender;
  waits = false;
  sender = undefined;
  form.requestSubmit(button);
}

function hear({ detail: { state } }) {
  status.textContent = words[state] ?? "";
  if (state !== "verifying") send();
}

function hold(event) {
  if (!waits || widget.getState() !== "verifying") return;
  event.preventDefault();
  if (!sender) setTimeout(send, PATIENCE);
  sender = event.submitter ?? form;
}

async function begin() {
  await import(script);
  form.querySelector("[data-without]").hidden = true;
  globalThis.$altcha.i18n.set(document.documentElement.lang, words);
  globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
  await customElements.whenDefined("altcha-widget");
  widget.addEventListener("statechange", hear);
  form.addEventListener("submit", hold);
  status.textContent = words.verifying;
  widget.verify();
}

// Without TLS browsers keep their cryptography to themselves.
if (isSecureContext) begin();
