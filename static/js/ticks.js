// A box that ticks all boxes of a name in its form, and shows when all of them are.
for (const all of document.querySelectorAll("[data-ticks]")) {
  const boxes = [...all.form.elements].filter((box) => box.name === all.dataset.ticks);
  all.hidden = boxes.length < 2;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  for (const box of boxes) {
    box.addEventListener("change", () => {
      all.checked = boxes.every((each) => each.checked);
    });
  }
}
