// Buttons and keys that write Markdown (ARIA toolbar pattern: one stop for the Tab key, arrows
// within). Each writes as if typed, so that the browser's own undo takes it back.
const MAC = /Mac|iP(hone|ad|od)/.test(navigator.platform);

// What each action makes of the text: [start, end, what stands there then, selected from, to].
const ACTS = {
  heading: (at) => heading(at, "## "),
  subheading: (at) => heading(at, "### "),
  bold: (at) => marked(at, 2),
  italic: (at) => marked(at, 1),
  link: (at) => linked(at),
  bullets: (at) => lines(at, /^(\s*)[-*+] /, () => "- "),
  numbers: (at) => lines(at, /^(\s*)\d+[.)] /, (number) => `${number}. `),
  quote: (at) => lines(at, /^(\s*)> ?/, () => "> "),
  code: (at) => coded(at),
  block: (at) => block(at, `\`\`\`\n${selected(at)}\n\`\`\``, 4, 4 + at.end - at.start),
  table: (at) => block(at, "| Column | Column |\n| --- | --- |\n|  |  |", 2, 8),
  term: (at) => [at.start, at.end, `[[${selected(at)}]]`, 2 + at.end - at.start],
};

const selected = ({ value, start, end }) => value.slice(start, end);

// The selection without blanks at its ends; without a selection, the word at the caret.
function words({ value, start, end }) {
  if (start === end) {
    start -= /[\p{L}\p{N}]*$/u.exec(value.slice(0, start))[0].length;
    end += /^[\p{L}\p{N}]*/u.exec(value.slice(end))[0].length;
  }
  while (start < end && /\s/.test(value[start])) start += 1;
  while (start < end && /\s/.test(value[end - 1])) end -= 1;
  return { value, start, end };
}

// How many of `sign` stand on both sides of start…end.
function around({ value, start, end }, sign) {
  let count = 0;
  while (value[start - count - 1] === sign && value[end + count] === sign) count += 1;
  return count;
}

function marked(at, count) {
  const { value, start, end } = within(words(at), "*");
  const stars = around({ value, start, end }, "*");
  const inside = value.slice(start, end);
  const isOn = count === 2 ? stars >= 2 : stars % 2 === 1;
  if (isOn) return [start - count, end + count, inside, 0, inside.length];
  const mark = "*".repeat(count);
  return [start, end, mark + inside + mark, count, count + inside.length];
}

function within({ value, start, end }, sign) {
  while (end - start > 1 && value[start] === sign && value[end - 1] === sign) { start += 1; end -= 1; }
  return { value, start, end };
}

function coded(at) {
  const { value, start, end } = within(words(at), "`");
  const inside = value.slice(start, end);
  if (inside.includes("\n")) return ACTS.block(at);
  const ticks = around({ value, start, end }, "`");
  if (ticks) return [start - ticks, end + ticks, inside, 0, inside.length];
  const longest = Math.max(0, ...(inside.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1) + (longest ? " " : "");
  const close = [...fence].reverse().join("");
  return [start, end, fence + inside + close, fence.length, fence.length + inside.length];
}

function linked(at) {
  const { value, start, end } = words(at);
  const inside = value.slice(start, end);
  if (/^(https?:\/\/|\/)\S+$/.test(inside)) return [start, end, `[](${inside})`, 1];
  const address = "https://";
  const from = inside.length + 3;
  if (!inside) return [start, end, `[](${address})`, 1];
  return [start, end, `[${inside}](${address})`, from, from + address.length];
}

function wholeLines({ value, start, end }) {
  const first = value.lastIndexOf("\n", start - 1) + 1;
  const from = end > start && value[end - 1] === "\n" ? end - 1 : end;
  const last = value.indexOf("\n", from);
  return [first, last < 0 ? value.length : last];
}

function heading(at, mark) {
  const [first, last] = wholeLines({ ...at, end: at.start });
  const line = at.value.slice(first, last);
  const words = line.replace(/^#{1,6}\s+/, "");
  const text = line.startsWith(mark) ? words : mark + words;
  return [first, last, text, text.length];
}

const ANY_MARK = /^(\s*)(?:[-*+]|\d+[.)]) /;

function lines(at, pattern, mark) {
  const [first, last] = wholeLines(at);
  const all = at.value.slice(first, last).split("\n");
  const filled = all.filter((line) => line.trim());
  const isOn = filled.length > 0 && filled.every((line) => pattern.test(line));
  let number = 0;
  const text = all.map((line) => {
    if (!line.trim() && all.length > 1) return line;
    if (isOn) return line.replace(pattern, "$1");
    const bare = mark() === "> " ? line : line.replace(ANY_MARK, "$1");
    const indent = /^\s*/.exec(bare)[0];
    return indent + mark((number += 1)) + bare.slice(indent.length);
  }).join("\n");
  return at.start === at.end ? [first, last, text, text.length] : [first, last, text, 0, text.length];
}

// `text` between blank lines, in place of the selection.
function block({ value, start, end }, text, from, to) {
  const before = value.slice(0, start);
  const after = value.slice(end);
  const open = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
  const close = !after || after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n";
  return [start, end, open + text + close, open.length + from, open.length + to];
}

function run(editor, button) {
  const { act } = button.dataset;
  if (act === "wide") return widen(editor, button);
  const { value, selectionStart: start, selectionEnd: end } = editor.text;
  // editor-terms.js goes on showing these words, whatever entry is chosen for them.
  editor.shown = act === "term" ? value.slice(start, end) : "";
  editor.write(...ACTS[act]({ value, start, end }));
}

function widen(editor, button, wide = button.getAttribute("aria-pressed") !== "true") {
  button.setAttribute("aria-pressed", String(wide));
  editor.root.classList.toggle("wide", wide);
  document.documentElement.classList.toggle("markdownx-wide", wide);
  editor.text.focus();
}

function isPressed(event, keys = "") {
  const [last, shift] = keys.split("+").reverse();
  const has = MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (!last || !has || event.altKey || event.shiftKey !== Boolean(shift)) return false;
  if (/\d/.test(last)) return event.code === `Digit${last}`;
  // On keyboards without Latin letters, by the key's place.
  return event.key.toUpperCase() === last || (event.key > "~" && event.code === `Key${last}`);
}

function name(button) {
  const { keys, hint } = button.dataset;
  const [mod, shift] = MAC ? ["⌘", "⇧"] : ["Ctrl+", "Shift+"];
  const shown = keys ? mod + keys.replace("Shift+", shift) : hint;
  button.dataset.tip = button.getAttribute("aria-label") + (shown ? ` (${shown})` : "");
  if (keys) button.setAttribute("aria-keyshortcuts", `${MAC ? "Meta" : "Control"}+${keys}`);
}

document.addEventListener("markdownx.init", ({ detail: editor }) => {
  const bar = editor.root.querySelector(".markdownx-toolbar");
  if (!bar) return;
  const buttons = [...bar.querySelectorAll("button")];
  const wide = bar.querySelector("[data-act=wide]");
  bar.setAttribute("aria-controls", editor.text.id);
  buttons.forEach((button, place) => {
    name(button);
    button.tabIndex = place ? -1 : 0;
    // The selection in the text stays where it is.
    button.addEventListener("mousedown", (event) => event.preventDefault());
    // Others' buttons, such as that for pictures, act by themselves.
    if (button.dataset.act) button.addEventListener("click", () => run(editor, button));
  });
  bar.addEventListener("focusin", ({ target }) => {
    for (const button of buttons) button.tabIndex = button === target ? 0 : -1;
  });
  bar.addEventListener("keydown", (event) => {
    const place = buttons.indexOf(document.activeElement);
    const steps = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: -1 };
    if (event.key === "Escape") bar.classList.add("quiet");
    if (!(event.key in steps)) return;
    event.preventDefault();
    buttons.at(steps[event.key] % buttons.length).focus();
  });
  for (const event of ["focusout", "pointerleave"]) bar.addEventListener(event, () => bar.classList.remove("quiet"));
  editor.text.addEventListener("keydown", (event) => {
    const button = event.isComposing ? null : buttons.find(({ dataset }) => isPressed(event, dataset.keys));
    if (!button) return;
    event.preventDefault();
    run(editor, button);
  });
  editor.root.addEventListener("keydown", (event) => {
    const leaves = event.key === "Escape" && !event.defaultPrevented && editor.root.classList.contains("wide");
    if (leaves) widen(editor, wide, false);
  });
  bar.hidden = false;
});
