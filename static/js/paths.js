// Learning paths: what was read is kept in this browser, once a path was started.
const READ = "headword-read";
const STARTED = "headword-paths";

const load = (key) => {
  try {
    return JSON.parse(localStorage[key]).map(String);
  } catch {
    return []; // nothing of ours, or no storage
  }
};
const keep = (key, items, on) => {
  const kept = load(key).filter((item) => !items.includes(item)).concat(on ? items : []);
  try {
    if (kept.length) localStorage[key] = JSON.stringify(kept);
    else delete localStorage[key];
    return true;
  } catch {
    return false;
  }
};

// At the end of an entry: <p data-path-step="/paths/x/" data-entry="/glossary/y/" hidden>.
for (const note of document.querySelectorAll("[data-path-step]")) {
  if (!load(STARTED).includes(note.dataset.pathStep)) continue;
  note.hidden = false;
  new IntersectionObserver((seen) => {
    if (seen.at(-1).isIntersecting) keep(READ, [note.dataset.entry], true);
  }).observe(note);
}

const list = document.querySelector("[data-path]");
if (list && keep(STARTED, [])) {
  const { path, mark, progress, next } = list.dataset;
  const steps = [...list.children];
  const all = steps.map((step) => step.dataset.entry);
  const [start, said, forget] = document.querySelector(".path-start").children;
  const first = start.textContent;
  const begin = () => keep(STARTED, [path], true);

  const draw = () => {
    const read = load(READ);
    const unread = all.filter((entry) => !read.includes(entry));
    const count = all.length - unread.length;
    const goesOn = count && unread.length;
    const link = steps[goesOn ? all.indexOf(unread[0]) : 0].querySelector("a");
    steps.forEach((step, at) => { step.querySelector("input").checked = read.includes(all[at]); });
    start.href = link.href;
    start.textContent = goesOn ? next.replace("{term}", () => link.textContent) : first;
    const sentence = progress.replace("{read}", count).replace("{all}", all.length);
    if (said.textContent !== sentence) said.textContent = sentence;
    forget.hidden = !count && !load(STARTED).includes(path);
  };

  for (const step of steps) {
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.ariaLabel = `${mark}: ${step.querySelector("a").textContent}`;
    box.onchange = () => {
      begin();
      keep(READ, [step.dataset.entry], box.checked);
      draw();
    };
    label.append(box, mark);
    step.lastElementChild.append(label);
    step.querySelector("a").onclick = begin;
  }
  start.onclick = begin;
  forget.onclick = () => {
    keep(READ, all);
    keep(STARTED, [path]);
    draw();
    start.focus();
  };
  draw();
  // Back from an entry, or read in another tab.
  for (const event of ["pageshow", "storage"]) addEventListener(event, draw);
}
