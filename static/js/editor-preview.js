// The preview as readers see the page: in a shadow tree with the site's own style sheets, which
// neither get anything from the admin's nor give it anything; by day or night as the admin is.
const night = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme === "dark" || (theme !== "light" && night.matches);
}

// Within a shadow tree no element is the root, so its properties are copied.
function* properties(sheet, dark) {
  for (const rule of sheet.cssRules) {
    if (rule.selectorText === ":root") yield rule.style;
    else if (dark && rule.media?.mediaText.includes("prefers-color-scheme")) yield* properties(rule, dark);
  }
}

function put(page, links) {
  const dark = isDark();
  page.style.colorScheme = dark ? "dark" : "light";
  for (const { sheet } of links) {
    for (const style of sheet ? properties(sheet, dark) : []) {
      for (const name of style) {
        if (name.startsWith("--")) page.style.setProperty(name, style.getPropertyValue(name));
      }
    }
  }
}

function follow(event, page) {
  const link = event.target.closest("a[href]");
  const target = link?.getAttribute("href") ?? "";
  if (!target.startsWith("#")) return;
  event.preventDefault();
  page.querySelector(`#${CSS.escape(decodeURIComponent(target.slice(1)))}`)?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("markdownx.init", ({ detail: editor }) => {
  const { preview, text } = editor;
  const tree = preview.attachShadow({ mode: "open" });
  const page = document.createElement("div");
  page.className = "preview prose";
  const links = preview.dataset.styles.split(/\s+/).map((href) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.addEventListener("load", () => put(page, links));
    return link;
  });
  page.append(...preview.childNodes);
  tree.append(...links, page);
  editor.page = page;

  const renew = () => put(page, links);
  night.addEventListener("change", renew);
  new MutationObserver(renew).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  page.addEventListener("click", (event) => follow(event, page));
  editor.root.addEventListener("markdownx.update", () => {
    // Nobody should lose a text by following a link in its preview.
    for (const link of page.querySelectorAll("a[href]:not([href^='#'])")) {
      link.target = "_blank";
      link.rel = "noopener";
    }
  });
  text.addEventListener("scroll", () => {
    const way = text.scrollHeight - text.clientHeight;
    if (way > 0) preview.scrollTop = (text.scrollTop / way) * (preview.scrollHeight - preview.clientHeight);
  }, { passive: true });
});
