// The puzzle on the form of a busy network: ALTCHA's widget solves it unasked while people write.
// Nobody is held up for long: what cannot be solved here is sent all the same.
const widget = document.querySelector("altcha-widget");
const { script, worker, ...words } = widget.dataset;
const form = widget.closest("form");
const status = form.querySelector(".puzzle [role=status]");
let sender; // the button that was pressed meanwhile

function solve() {
  status.textContent = words.verifying;
  widget.verify();
}

function hear({ detail: { state } }) {
  status.textContent = words[state] ?? "";
  if (state === "verifying" || !sender) return;
  const button = sender;
  sender = undefined;
  form.requestSubmit(button === form ? undefined : button);
}

async function begin() {
  await import(script);
  globalThis.$altcha.i18n.set(document.documentElement.lang, words);
  globalThis.$altcha.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
  await customElements.whenDefined("altcha-widget");
  widget.addEventListener("statechange", hear);
  form.addEventListener("submit", (event) => {
    if (widget.getState() !== "verifying") return;
    event.preventDefault();
    sender = event.submitter ?? form;
  });
  solve();
}

// Without TLS browsers keep their cryptography to themselves.
if (isSecureContext) begin();
