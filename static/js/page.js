// Every page: staff see their links; a reader's way here is kept in this browser for our form, which
// shows it before it is sent; that a page was seen is told without a name.
const { seen, term } = document.body.dataset;
const query = seen && document.querySelector("[data-heard]")?.dataset.query;
let isStaff;
try {
  isStaff = "headword-staff" in localStorage;
  // This tab's first page, the site before it, and its campaign.
  const way = new URLSearchParams(seen && { landing: location.pathname });
  const { hostname } = new URL(document.referrer || location);
  if (hostname !== location.hostname) way.set("host", hostname);
  new URLSearchParams(location.search).forEach((said, name) => {
    if (/^utm_/.test(name)) way.set(name, said);
  });
  sessionStorage["headword-way"] ??= way;
} catch {
  // Without storage there is no mark either.
}
if (isStaff) for (const part of document.querySelectorAll(".staff-only")) part.hidden = false;

function keep(key, most, ...item) {
  try {
    const kept = JSON.parse(localStorage[key] ?? "[]").filter(([first]) => first !== item[0]);
    localStorage[key] = JSON.stringify([...kept, item].slice(-most));
  } catch {
    // as above, or full
  }
}

const tell = (call) => seen && !isStaff && navigator.sendBeacon(seen, call);

// Not in a tab behind others, or while the browser only guesses.
function look() {
  if (document.hidden) return document.addEventListener("visibilitychange", look, { once: true });
  if (term) keep("headword-terms", 50, location.pathname, term);
  if (query) keep("headword-searches", 20, query);
  tell();
}
look();
for (const kind of ["click", "auxclick"]) {
  addEventListener(kind, ({ target, button }) => {
    const call = button < 2 && target.closest("[data-call]");
    if (call) tell(call.dataset.call);
  });
}
