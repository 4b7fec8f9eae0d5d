// What a page in a browser lacks for those who use no mouse, see little, or hold a phone.
() => {
  const wrong = [];
  const say = (what, element) =>
    wrong.push(`${what}: ${element.outerHTML.replace(/\s+/g, " ").slice(0, 140)}`);
  const all = (chosen) => [...document.querySelectorAll(chosen)];
  const seen = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const controls = all("a[href], button, input:not([type=hidden]), select, textarea, summary")
    .filter(seen);

  for (const element of controls) {
    const label = [...(element.labels ?? [])].map((one) => one.textContent).join(" ");
    const own = element.matches("a, button, summary") ? element.textContent : "";
    const by = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const named = by.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    const name = element.getAttribute("aria-label") ?? `${named}${label}${own}`;
    if (!name.trim()) say("no name", element);
  }
  for (const element of all("[aria-describedby], [aria-labelledby], label[for]")) {
    const ids = ["aria-describedby", "aria-labelledby", "for"]
      .flatMap((name) => (element.getAttribute(name) ?? "").split(/\s+/)).filter(Boolean);
    if (ids.some((id) => !document.getElementById(id))) say("names what is not there", element);
  }
  const ids = all("[id]").map(({ id }) => id);
  if (new Set(ids).size < ids.length) wrong.push("an id stands twice");
  const levels = all("h1, h2, h3, h4").filter(seen).map(({ tagName }) => Number(tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) wrong.push(`h1: ${levels}`);
  if (levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1)) wrong.push(`levels: ${levels}`);
  if (all("main").length !== 1) wrong.push("no main part");
  all("th:not([scope])").forEach((element) => say("no scope", element));
  all("img:not([alt])").forEach((element) => say("no alt", element));

  if (document.documentElement.scrollWidth > innerWidth) wrong.push("wider than the window");
  if (innerWidth < 500) {
    for (const element of controls.filter((one) => !one.classList.contains("skip"))) {
      const tick = ["checkbox", "radio"].includes(element.type);
      const { width, height } = ((tick && element.labels[0]) || element).getBoundingClientRect();
      if (width < 43.5 || height < 43.5) say(`${width} × ${height}`, element);
    }
  }
  return wrong;
}
