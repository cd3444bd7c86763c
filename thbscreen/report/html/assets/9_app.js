// Which page is shown, keys, theme and printing.
let waiting = [];
/** Does something once the page that is being made is in the document. */
function later(what) {
  waiting.push(what);
}
const VIEWS = {
  networks: () => queueView("networks"), subjects: () => queueView("subjects"), people: () => queueView("people"),
  case: caseView, network: networkView, readiness: readinessView, quality: qualityView, run: runView,
};
const FIRST = tabs.networks.rows.length ? "networks" : tabs.subjects.rows.length || !tabs.people.rows.length ? "subjects" : "people";

function go(event) {
  const [, name, id] = location.hash.split("/");
  const view = VIEWS[name] ? name : FIRST;
  const main = $("main");
  if (drawn?.cy) drawn.cy.destroy();
  drawn = null;
  waiting = [];
  for (const { made } of charts) made.destroy();
  charts = [];
  main.replaceChildren();
  add(main, VIEWS[view](id));
  for (const what of waiting) what();
  const title = main.querySelector("h1");
  document.title = `${title.textContent} – ${t("title")}`;
  for (const link of document.querySelectorAll(".site a")) {
    const here = link.dataset.views.split(" ").includes(view);
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  if (event) {
    window.scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }
}

function frame() {
  const link = (view, key, views) => el("a", { href: `#/${view}`, "data-views": views ?? view }, t(key));
  add($("top"), el("a", { class: "skip", href: "#main", onclick: (e) => { e.preventDefault(); $("main").focus(); } }, t("skip")),
    el("p", { class: "brand" }, t("title")),
    el("nav", { class: "site", "aria-label": t("pages") }, link(FIRST, "queue.title", "networks subjects people case network"), link("readiness", "readiness.title"), link("quality", "quality.title"), link("run", "run.title")),
    el("div", { class: "tools" }, el("button", { type: "button", id: "theme", onclick: turn }, t("theme")), el("button", { type: "button", onclick: () => $("help").showModal() }, t("help")), el("button", { type: "button", onclick: () => window.print() }, t("print"))));
  add($("banner"), el("strong", {}, t("internal")), " ", words_said("draft"));
  add($("foot"), t("foot", { version: DATA.run.versions.thbscreen ?? "", digest: (DATA.run.rules_digest ?? "").slice(0, 12) }), " ", t("language.note"));
  const keys = ["/", "j", "k", "Enter", "[", "]", "u", "?", "Esc"];
  add($("help"), el("h2", { id: "help-title" }, t("help.title")), pairs(keys.map((key) => [el("kbd", {}, key), t(`help.${key}`)])), el("p", {}, t("drawing.keys")),
    el("form", { method: "dialog" }, el("button", {}, t("close"))));
}
function turn() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  repaint();
}
function repaint() {
  recolour();
  redraw();
}

function pressed(event) {
  const typing = event.target.closest("input, select, textarea, [role=application]") || $("help").open;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.id === "search") {
    event.preventDefault(); // which would empty the search
    event.target.blur();
  }
  if (typing) return;
  const click = (selector) => { const found = document.querySelector(selector); if (found) found.click(); return found; };
  const step = { j: 1, k: -1 }[event.key];
  if (event.key === "/") { if (!$("search")) return; $("search").focus(); }
  else if (step) move(step);
  else if (event.key === "[") click(".steps .before");
  else if (event.key === "]") click(".steps .after");
  else if (event.key === "u") click(".steps .up");
  else if (event.key === "?") $("help").showModal();
  else return;
  event.preventDefault();
}
function move(by) {
  const links = [...document.querySelectorAll("table.queue a.main")];
  const at = links.indexOf(document.activeElement);
  const next = links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + by))];
  if (next) next.focus();
}

/** Paper has the first rows of a list and what can be unfolded, in light colours. */
function beforePrint() {
  const queue = document.querySelector("table.queue");
  if (queue) tabs[queue.dataset.tab].all();
  for (const details of document.querySelectorAll("main details.onpaper:not([open])")) {
    details.fill?.();
    details.open = true;
    details.dataset.printed = "yes";
  }
  document.documentElement.classList.add("paper");
  still();
  redraw(680);
}
function afterPrint() {
  for (const details of document.querySelectorAll("details[data-printed]")) {
    details.open = false;
    delete details.dataset.printed;
  }
  document.documentElement.classList.remove("paper");
  for (const made of document.querySelectorAll(".still")) made.remove();
  recolour();
  redraw();
}

frame();
window.addEventListener("hashchange", go);
document.addEventListener("keydown", pressed);
window.addEventListener("beforeprint", beforePrint);
window.addEventListener("afterprint", afterPrint);
let resizing = null;
window.addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(resizeCharts, 120); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
go();
document.documentElement.dataset.ready = "yes";
