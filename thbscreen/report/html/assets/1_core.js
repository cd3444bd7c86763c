// Reading the page's data and making elements. Text from the data only ever becomes text nodes.
const $ = (id) => document.getElementById(id);
const DATA = JSON.parse($("index").textContent);
const TEXTS = JSON.parse($("texts").textContent);
const LONGEST = 160;
const ALERTS = new Map(DATA.alerts.map((a) => [a.alert_id, a]));
const NETWORKS = new Map(DATA.networks.map((n) => [n.network_id, n]));
const BY_SUBJECT = new Map(DATA.alerts.map((a) => [a.subject_id, a]));

/** Gives a text of the page in its language; {name} is filled in. */
function t(key, values = {}) {
  const text = TEXTS[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

/** Gives `1 hit`, `3,000 hits`: texts `key.one` and `key.many`. */
function count(n, key) {
  return t(n === 1 ? `${key}.one` : `${key}.many`, { n: whole(n) });
}

/** Gives an internal name as words, translated where the language knows it. */
function words(name) {
  if (!name) return t("word.unknown");
  return TEXTS[`word.${name}`] ?? name.replaceAll("_", " ");
}

const pooled = (number) => DATA.texts[number] ?? "";

/** Facts of one alert or network; read when it is first opened. */
const opened = new Map();
function block(id) {
  if (!opened.has(id)) {
    const held = $(`b-${id}`);
    opened.set(id, held ? JSON.parse(held.textContent) : null);
  }
  return opened.get(id);
}

function whole(n) {
  return String(Math.trunc(Math.abs(n))).replace(/\B(?=(\d{3})+$)/g, ",").replace(/^/, n < 0 ? "-" : "");
}
function money(cents) {
  if (cents === null || cents === undefined) return t("word.unknown");
  const sum = Math.abs(cents);
  return `${cents < 0 ? "-" : ""}${whole(Math.floor(sum / 100))}.${String(sum % 100).padStart(2, "0")} EUR`;
}
function number(value) {
  if (value === null || value === undefined) return t("word.unknown");
  return Number.isInteger(value) ? whole(value) : String(Math.round(value * 10000) / 10000);
}
const percent = (share) => (share === null || share === undefined ? t("word.unknown") : `${Math.round(share * 100)} %`);
function span(first, last) {
  if (!first) return t("word.unknown");
  return !last || first === last ? first : t("span", { first, last });
}
const dayText = (days) => new Date(days * 86400000).toISOString().slice(0, 10);
const short = (id) => (id.length > 14 ? `${id.slice(0, 5)}…${id.slice(-5)}` : id);

/** Makes an element: `el("a", { class: "x", href: "#" }, "text", otherElement)`. */
function el(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") made[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  return add(made, ...children);
}
function add(parent, ...children) {
  for (const child of children.flat(9)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return parent;
}

/** Text from the data: kept apart from its surroundings, and cut when very long, whole on the title. */
function said(text, longest = LONGEST) {
  const whole = String(text ?? "");
  const letters = Array.from(whole);
  if (letters.length <= longest) return el("bdi", {}, whole);
  const shown = `${letters.slice(0, longest).join("")}…`;
  return el("bdi", { title: letters.slice(0, 4000).join(""), class: "cut" }, shown);
}
/** Sentences of rules and of the engine, which are English in every language of the page. */
function prose(text, longest) {
  const made = said(text, longest);
  if (document.documentElement.lang !== "en") made.setAttribute("lang", "en");
  return made;
}
const code = (text) => el("code", {}, said(text, 80));

/** Ids of people, possible to select and copy whole. */
const idText = (id) => el("span", { class: "id" }, said(id, 80));

function section(key, level, ...children) {
  const id = `s-${key}`;
  return el("section", { "aria-labelledby": id, class: "part" },
    el(`h${level}`, { id, tabindex: "-1" }, t(`${key}`)), ...children);
}
function list(items, empty = "nothing") {
  const made = items.filter((item) => item);
  if (!made.length) return el("p", { class: "quiet" }, t(empty));
  return el("ul", {}, made.map((item) => el("li", {}, item)));
}
const pooledList = (numbers, empty) => list((numbers || []).map((n) => prose(pooled(n), 600)), empty);

/** A table; `columns` are { key, label, cell, num }, and `look` is cards (for phones) or scroll. */
function table(caption, columns, rows, look = "scroll") {
  const head = el("tr", { role: "row" },
    columns.map((c) => el("th", { scope: "col", role: "columnheader", class: cellLook(c) }, c.label)));
  const body = el("tbody", { role: "rowgroup" }, rows.map((row) => tableRow(columns, row)));
  const made = el("table", { class: look, role: "table" },
    el("caption", { class: "sr" }, caption), el("thead", { role: "rowgroup" }, head), body);
  if (look !== "scroll") return made;
  return el("div", { class: "scroller", tabindex: "0", role: "region", "aria-label": t("table.scroll", { caption }) }, made);
}
function tableRow(columns, row) {
  return el("tr", { role: "row" }, columns.map((c, i) => {
    const look = { role: i ? "cell" : "rowheader", class: cellLook(c), "data-label": c.label };
    return el(i ? "td" : "th", i ? look : { scope: "row", ...look }, el("span", { class: "in" }, c.cell(row)));
  }));
}

const cellLook = (column) => (column.num ? "num" : column.look ?? null);

/** A list of names and values. */
function pairs(rows) {
  return el("dl", { class: "pairs" },
    rows.filter((row) => row).map(([name, ...value]) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value))));
}

/** Shares of roles as bars with their words and numbers. */
function roleBars(roles) {
  return el("ul", { class: "bars" }, [...roles].sort((a, b) => b[1] - a[1]).map(([role, share]) => {
    const bar = el("span", { class: "bar" });
    bar.style.width = `${Math.max(1, share * 100)}%`;
    return el("li", {}, el("span", { class: "name" }, shape(role), words(role)),
      el("span", { class: "track", "aria-hidden": "true" }, bar), el("span", { class: "num" }, percent(share)));
  }));
}

const SHAPES = {
  possible_victim: "M8 1a7 7 0 1 0 .01 0z",
  possible_controller: "M8 0l8 8-8 8-8-8z",
  possible_recruiter: "M8 1l8 14H0z",
  possible_organiser: "M8 0l2.4 5.3 5.6.6-4.2 3.9 1.2 5.7L8 12.6 3 15.5l1.2-5.7L0 5.9l5.6-.6z",
  possible_facilitator: "M4 1h8l4 7-4 7H4L0 8z",
  employer: "M1 2h14v12H1z",
  possible_client: "M8 0l8 6-3 9H3L0 6z",
  place: "M0 2l5 6-5 6h11l5-6-5-6z",
  unknown: "M4 3h8a4 4 0 0 1 0 10H4A4 4 0 0 1 4 3z",
};
/** The shape of a role, the same as in the drawing. */
function shape(role) {
  const name = role in SHAPES ? role : "unknown";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "-1 -1 18 18");
  svg.setAttribute("class", `shape ${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

function ruleName(rule) {
  const known = DATA.rules[rule];
  return el("span", { class: "rule", title: known ? known.title : null }, rule);
}
const ruleTitle = (rule) => DATA.rules[rule]?.title ?? "";

/** A file of the run folder: a link where the page lies in that folder. */
function file(path) {
  return DATA.beside ? el("a", { href: path }, el("code", {}, path)) : el("code", {}, path);
}
function subjectName(kind, id) {
  return [t(TEXTS[`kind.${kind}`] ? `kind.${kind}` : "kind.other", { kind: words(kind) }), " ", idText(id)];
}
function toldOf(id) {
  const alert = BY_SUBJECT.get(id);
  return alert ? el("a", { href: `#/case/${alert.alert_id}` }, idText(id)) : idText(id);
}
function note(kind, ...children) {
  return el("div", { class: `note ${kind}` }, ...children);
}
function announce(text) {
  $("live").textContent = text;
}
