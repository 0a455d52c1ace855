// A term's definition beside its link, by mouse and keyboard (WCAG 1.4.13), until switched off.
const OPEN_AFTER = 150; // milliseconds
const CLOSE_AFTER = 300; // to travel to the card
const GAP = 8; // pixels from the link and the window's edges
const CHOICE = "headword-cards";
const TERM = ".prose a.term";

const labels = document.getElementById("page-card-labels")?.dataset;
const known = new Map();
let link; // whose card is shown, on its way, or was sent away by Esc
let asked, opening, closing, footer, off;
try {
  off = localStorage[CHOICE] === "off";
} catch {
  // Without storage, a choice lasts for the page.
}

const make = (tag, given) => Object.assign(document.createElement(tag), given);
const button = () => make("button", { className: "cards-off", textContent: labels?.off, onclick: turn });
const card = make("div", { className: "term-card", id: "page-term-card", role: "tooltip", hidden: true });
document.querySelector("main").append(card);
// For the mouse alone, without taking the focus: the keyboard has the footer's.
const dismiss = Object.assign(button(), { tabIndex: -1, ariaHidden: "true", onmousedown: () => false });

const stay = () => (closing = clearTimeout(closing));

async function definition(path, signal) {
  const answer = await fetch(path, { signal });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!answer.ok || !page.querySelector(".card-term")) throw new Error(path);
  return [...page.querySelectorAll("p")];
}

async function show(term, y) {
  hide();
  link = term;
  const { signal } = (asked = new AbortController());
  try {
    const path = `${term.pathname}card/`;
    if (!known.has(path)) known.set(path, await definition(path, signal));
    if (signal.aborted) return;
    card.replaceChildren(...known.get(path).map(({ className, textContent }) => make("p", { className, textContent })));
  } catch {
    return;
  }
  if (labels) card.append(dismiss);
  offerSwitch();
  card.hidden = false;
  place(y);
  term.setAttribute("aria-describedby", card.id);
}

// Below the line that the pointer is on; for the keyboard, below the last.
function place(y = Infinity) {
  const lines = [...link.getClientRects()];
  const line = lines.find((each) => y <= each.bottom) ?? lines.at(-1);
  const { clientWidth, clientHeight } = document.documentElement;
  card.style.left = card.style.top = 0; // where no edge squeezes it, and to measure from
  const { left, top, width, height } = card.getBoundingClientRect();
  const above = line.top - GAP - height;
  const below = line.bottom + GAP;
  card.style.left = `${Math.max(GAP, Math.min(line.left, clientWidth - width - GAP)) - left}px`;
  card.style.top = `${(above >= 0 && below + height > clientHeight ? above : below) - top}px`;
}

function hide() {
  asked?.abort();
  stay();
  card.hidden = true;
  link?.removeAttribute("aria-describedby");
}

function leave() {
  hide();
  link = undefined;
}

const sendAway = () => {
  clearTimeout(opening);
  hide();
};

// From the first card on: nobody who sees none is asked.
function offerSwitch() {
  const list = [...document.querySelectorAll(".site-footer ul")].at(-1);
  if (!labels || !list) return;
  footer ??= list.appendChild(make("li")).appendChild(button());
  footer.className = off ? "cards-on" : "cards-off";
  footer.textContent = off ? labels.on : labels.off;
}

function turn() {
  off = !off;
  leave();
  offerSwitch();
  try {
    localStorage[CHOICE] = off ? "off" : "on";
  } catch {
    // as above
  }
}

function over({ target, pointerType, buttons, clientY }) {
  if (off || pointerType === "touch" || buttons) return; // a pressed button selects text
  clearTimeout(opening);
  const term = target.closest(TERM);
  if (card.contains(target) || (term && term === link)) return stay();
  if (term) opening = setTimeout(show, OPEN_AFTER, term, clientY);
  if (!link?.matches(":focus-visible")) closing ??= setTimeout(leave, CLOSE_AFTER);
}

document.addEventListener("pointerover", over);
document.documentElement.addEventListener("pointerleave", over);
document.addEventListener("focusin", ({ target }) => !off && target.matches(`${TERM}:focus-visible`) && show(target));
document.addEventListener("focusout", ({ target }) => {
  if (target === link && ![link, card].some((each) => each.matches(":hover"))) leave();
});
document.addEventListener("keydown", ({ key }) => key === "Escape" && sendAway());
addEventListener("pagehide", sendAway);
if (off) offerSwitch();
