// The consultation form: what this browser knows of the way here is shown, and sent only as shown.
const way = document.querySelector(".way");
const reading = document.querySelector(".reading");

function tellWay() {
  const came = new URLSearchParams(sessionStorage["headword-way"]);
  if (!`${came}`) return; // what the server knows stays
  if (!came.has("landing")) came.set("landing", location.pathname);
  const utm = [...came].filter(([name]) => name.startsWith("utm_")).map(([, said]) => said);
  const said = { host: came.get("host"), landing: decodeURI(came.get("landing")), utm: utm.join(", ") };
  for (const part of way.querySelectorAll("span")) {
    const [[name, sentence]] = Object.entries(part.dataset);
    part.textContent = said[name] ? sentence.replace("{said}", () => said[name]) : "";
  }
  way.querySelector("input").value = came;
  way.hidden = false;
}

function offerReading() {
  const [shares, shown, sent] = reading.querySelectorAll("input");
  const lists = [...reading.querySelectorAll("ul")];
  const status = reading.nextElementSibling;
  const { remove, removed } = reading.dataset;
  const make = (tag, given) => Object.assign(document.createElement(tag), given);

  const line = ([kept, name = kept]) => {
    const item = make("li", { textContent: name });
    item.dataset.kept = kept;
    item.append(make("button", {
      type: "button", className: "close", textContent: "×", ariaLabel: remove.replace("{what}", () => name),
    }));
    return item;
  };
  const settle = () => {
    for (const list of lists) list.parentElement.hidden = !list.children.length;
    const items = lists.flatMap((list) => [...list.children].map((item) => [list.dataset.sent, item.dataset.kept]));
    reading.hidden = shares.disabled = shown.disabled = !items.length;
    sent.disabled = !items.length || !shares.checked;
    sent.value = sent.disabled ? "" : new URLSearchParams(items);
  };
  const forget = (item) => {
    const list = item.parentElement;
    const next = item.nextElementSibling ?? item.previousElementSibling;
    status.textContent = removed.replace("{what}", () => item.firstChild.textContent);
    item.remove();
    settle();
    const place = reading.hidden ? reading.closest("form").elements.consent : shares;
    (next?.lastChild ?? place).focus();
    const key = list.dataset.kept;
    const kept = JSON.parse(localStorage[key]).filter(([first]) => first !== item.dataset.kept);
    localStorage[key] = JSON.stringify(kept);
  };

  for (const list of lists) {
    const kept = JSON.parse(localStorage[list.dataset.kept] ?? "[]");
    list.replaceChildren(...kept.filter(Array.isArray).map(line));
    list.onclick = ({ target }) => target.matches("button") && forget(target.parentElement);
  }
  reading.querySelector(".link").onclick = () => lists.flatMap((list) => [...list.children]).forEach(forget);
  shares.onchange = settle;
  // Browsers restore boxes of forms that are gone back to.
  reading.closest("form").addEventListener("submit", settle);
  settle();
}

for (const act of [tellWay, offerReading]) {
  try {
    act();
  } catch {
    // Storage is switched off, or holds nothing of ours: the form is whole without it.
  }
}
