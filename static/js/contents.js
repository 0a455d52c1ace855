// The list of contents: open on wide screens, folded on small ones, marking what is being read.
const wide = matchMedia("(min-width: 62rem)");

function follow(nav) {
  const details = nav.querySelector("details");
  const links = new Map(); // heading → its link
  for (const link of nav.querySelectorAll('a[href^="#"]')) {
    const heading = document.getElementById(link.getAttribute("href").slice(1));
    if (heading) links.set(heading, link);
  }
  const passed = new Set(); // headings above the reading line
  let chosen; // jumped to: near the page's end it never reaches that line

  const mark = () => {
    const { scrollHeight, clientHeight } = document.documentElement;
    const atEnd = scrollY > 0 && scrollY + clientHeight > scrollHeight - 2;
    const read = chosen ?? [...links.keys()].filter((heading) => atEnd || passed.has(heading)).at(-1);
    for (const [heading, link] of links) link.ariaCurrent = heading === read ? "true" : null;
    if (read) keepInView(nav, links.get(read));
  };
  const jump = ({ hash }) => {
    chosen = [...links.keys()].find((heading) => links.get(heading).hash === hash);
    mark();
  };

  // All above the line, however far a jump goes.
  const watch = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) passed[isIntersecting ? "add" : "delete"](target);
    mark();
  }, { rootMargin: "1000000px 0px -80% 0px" });
  for (const heading of links.keys()) watch.observe(heading);
  addEventListener("scrollend", mark);
  addEventListener("hashchange", () => jump(location));
  for (const move of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    addEventListener(move, () => (chosen = undefined), { passive: true });
  }
  jump(location);

  nav.addEventListener("click", ({ target }) => {
    const link = target.closest("a");
    if (!link) return;
    if (details) details.open = wide.matches;
    jump(link);
  });
  if (!details) return;
  if (wide.matches) details.open = true;
  wide.addEventListener("change", () => (details.open = wide.matches));
}

// scrollIntoView() would move the page as well.
function keepInView(nav, link) {
  const [list, line] = [nav, link].map((each) => each.getBoundingClientRect());
  nav.scrollTop += Math.min(0, line.top - list.top) + Math.max(0, line.bottom - list.bottom);
}

document.querySelectorAll("nav.contents").forEach(follow);
