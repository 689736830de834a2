/**
 * Script that looks at a page as a screen reader and a weak eye would, and answers with what is wrong: controls without a name, fields
 * without a label, headings that are missing or skipped, ids that are there twice, text with less contrast than WCAG 2.2 asks for (1.4.3:
 * 4.5 to 1, large text 3 to 1), and whatever sticks out to the right.
 */
export const auditOf = `(() => {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const textOf = (e) => {
    const labelled = (e.getAttribute("aria-labelledby") ?? "").split(" ").filter(Boolean).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
    return (labelled || e.getAttribute("aria-label") || [...(e.labels ?? [])].map((l) => l.textContent).join(" ") || e.textContent || "").trim();
  };
  for (const e of all("button, a, input, textarea, section, aside, [role=group], [role=toolbar], [role=log], ul[aria-label]"))
    if (isShown(e) && textOf(e) === "") wrong.push("no name: " + e.outerHTML.slice(0, 120));
  for (const e of all("img")) if (e.getAttribute("alt") === null) wrong.push("no alt: " + e.outerHTML);
  for (const e of all("svg")) if (e.getAttribute("aria-hidden") !== "true") wrong.push("an icon that is read out: " + e.outerHTML.slice(0, 80));
  const ids = all("[id]").map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push("twice: #" + id);
  for (const e of all("[aria-labelledby]"))
    if (!document.getElementById(e.getAttribute("aria-labelledby"))) wrong.push("labelled by nothing: " + e.outerHTML.slice(0, 80));
  const levels = all("h1, h2, h3, h4").filter(isShown).map((e) => Number(e.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) wrong.push("not one h1: " + levels);
  levels.forEach((level, i) => { if (i > 0 && level > levels[i - 1] + 1) wrong.push("a heading is skipped: " + levels); });
  if (all("main").length !== 1 || all("header").length < 1) wrong.push("no main, or no header");
  if (document.documentElement.lang === "") wrong.push("no language");
  if (document.title === "") wrong.push("no title");
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const behind = (e) => {
    if (e === null) return rgba("canvas");
    const own = rgba(getComputedStyle(e).backgroundColor);
    return own[3] >= 0.99 ? own : over(own, behind(e.parentElement));
  };
  const light = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (node.data.trim() === "" || !isShown(e) || e.closest(".visually-hidden, :disabled, noscript, script")) continue;
    const style = getComputedStyle(e);
    const under = behind(e);
    const is = contrast(over(rgba(style.color), under), under);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (is < (isLarge ? 3 : 4.5)) wrong.push("contrast " + is.toFixed(2) + ": " + node.data.slice(0, 40));
  }
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) wrong.push("too wide by " + wide + ": " + all("body *").filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 3).map((e) => e.outerHTML.slice(0, 80)).join(" | "));
  return wrong;
})()`;
