// Enter within a list or quotation goes on with it; on an empty line of it, leaves it.
const LINE = /^(\s*(?:> ?)*)(?:([-*+]|\d{1,9}[.)])( +)(\[[ xX]\] )?)?/;

document.addEventListener("markdownx.init", ({ detail: editor }) => {
  editor.text.addEventListener("keydown", (event) => {
    const isPlain = !(event.shiftKey || event.ctrlKey || event.metaKey || event.altKey);
    if (event.key === "Enter" && isPlain && !event.isComposing && !event.defaultPrevented) goOn(editor, event);
  });
});

function goOn(editor, event) {
  const { value, selectionStart: caret, selectionEnd } = editor.text;
  const start = value.lastIndexOf("\n", caret - 1) + 1;
  const end = value.indexOf("\n", caret);
  const line = value.slice(start, end < 0 ? undefined : end);
  const [begin, quote, mark, space, task] = LINE.exec(line);
  const isElsewhere = caret !== selectionEnd || caret < start + begin.length;
  if (isElsewhere || !(mark || quote.includes(">")) || isCode(value.slice(0, start))) return;
  event.preventDefault();
  if (!line.slice(begin.length).trim()) {
    editor.write(start, start + line.length, mark ? quote : "");
    return;
  }
  const next = mark?.replace(/\d+/, (number) => Number(number) + 1) ?? "";
  editor.write(caret, caret, `\n${quote}${next}${space ?? ""}${task ? "[ ] " : ""}`);
}

// Whether a fence of code is open after `before`.
function isCode(before) {
  return (before.match(/^\s*(?:```|~~~)/gm) ?? []).length % 2 === 1;
}
