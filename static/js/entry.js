// An entry's page: copying, sharing, and the call that stays within reach.
const DONE = 2000; // milliseconds for which a button says so
const CLOSED = "headword-call-bar";
const all = (selector) => [...document.querySelectorAll(selector)];

function offerCopy(button) {
  const source = document.querySelector(button.dataset.copy);
  const label = button.textContent;
  const status = Object.assign(document.createElement("span"), { className: "visually-hidden", role: "status" });
  button.parentElement.append(status);
  button.hidden = false;
  let timer;
  const say = (done) => {
    button.textContent = done || label;
    status.textContent = done;
  };
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
    } catch {
      return getSelection().selectAllChildren(source); // ready for their own keys
    }
    clearTimeout(timer);
    say(button.dataset.done);
    timer = setTimeout(say, DONE, "");
  });
}

function offerShare(button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const url = document.querySelector("link[rel=canonical]").href;
    navigator.share({ title: document.title, url }).catch(() => {});
  });
}

// Shown past the first call while none is in view, nor the footer, whose end it would cover.
function offerBar(bar, calls) {
  // A low window, as with large zoom, is for reading.
  const small = matchMedia("(max-width: 48rem) and (min-height: 30rem)");
  let closed;
  try {
    closed = CLOSED in sessionStorage;
  } catch {
    // Without storage, it is closed for the page.
  }
  const update = () => {
    const boxes = calls.map((call) => call.getBoundingClientRect());
    const alone = boxes[0].bottom <= 0 && boxes.every(({ top, bottom }) => bottom <= 0 || top >= innerHeight);
    bar.hidden = closed || !small.matches || !(alone || bar.matches(":focus-within"));
    document.documentElement.classList.toggle("with-call-bar", !bar.hidden);
  };
  bar.querySelector("[data-close]").addEventListener("click", () => {
    closed = true;
    document.querySelector("main")?.focus(); // not on what is hidden next
    update();
    try {
      sessionStorage[CLOSED] = 1;
    } catch {
      // as above
    }
  });
  // The window, and all above it, for jumps past a call.
  for (const rootMargin of ["0px", "1000000px 0px -100% 0px"]) {
    const watch = new IntersectionObserver(update, { rootMargin });
    for (const call of calls) watch.observe(call);
  }
  small.addEventListener("change", update);
}

if (navigator.clipboard) all("[data-copy]").forEach(offerCopy);
if (navigator.share) all("[data-share]").forEach(offerShare);
const [bar] = all(".call-bar");
if (bar && all(".call, .call-line")[0]) offerBar(bar, all(".call, .call-line, .site-footer"));
