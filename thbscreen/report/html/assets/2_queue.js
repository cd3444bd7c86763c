// The ordered queue: suspected networks, subjects, and people to protect, each with search, filters and sort.
const STEP = 100;
/** Rows of a list on paper; browsers take minutes for thousands. */
const ON_PAPER = 500;
const TABS = ["networks", "subjects", "people"];
const tabs = {
  networks: { rows: DATA.networks, unit: "count.network" },
  subjects: { rows: DATA.alerts.filter((a) => !a.apart), unit: "count.alert" },
  people: { rows: DATA.alerts.filter((a) => a.apart), unit: "count.alert" },
};
for (const tab of Object.values(tabs)) tab.state = { q: "", typology: "", urgency: "", rule: "", place: "", sort: "rank", down: false };

const queueColumns = {
  networks: () => [
    { key: "rank", label: t("column.rank"), num: true, cell: (r) => whole(r.rank) },
    { key: "title", label: t("column.network"), cell: (r) => [el("a", { class: "main", href: `#/network/${r.network_id}` }, prose(r.title)), el("small", {}, r.network_id)] },
    { key: "typology", label: t("column.form"), cell: (r) => words(r.typology) },
    { key: "confidence", label: t("column.confidence"), cell: (r) => words(r.confidence) },
    { key: "n_members", label: t("column.members"), num: true, cell: (r) => [whole(r.n_members), el("small", {}, count(r.n_possible_victims, "count.victim"))] },
    { key: "amount_eur", label: t("column.moved"), num: true, cell: (r) => money(r.amount_eur) },
    { key: "last", label: t("column.dates"), look: "tight", cell: (r) => span(r.first, r.last) },
    { key: "score", label: t("column.score"), num: true, cell: (r) => number(r.score) },
  ],
  alerts: () => [
    { key: "rank", label: t("column.rank"), num: true, cell: (r) => whole(r.rank) },
    { key: "subject_id", label: t("column.subject"), cell: (r) => [el("a", { class: "main", href: `#/case/${r.alert_id}` }, ...subjectName(r.subject_kind, r.subject_id)), el("small", {}, r.alert_id)] },
    { key: "urgency", label: t("column.urgency"), num: true, cell: (r) => el("span", { class: `urgency u${r.urgency}`, title: r.urgency_why }, number(r.urgency)) },
    { key: "score", label: t("column.score"), num: true, cell: (r) => number(r.score) },
    { key: "leading_role", label: t("column.role"), cell: (r) => [shape(r.leading_role), words(r.leading_role)] },
    { key: "typology", label: t("column.form"), cell: (r) => words(r.typology) },
    { key: "network_id", label: t("column.network"), cell: (r) => (NETWORKS.has(r.network_id) ? el("a", { href: `#/network/${r.network_id}` }, r.network_id) : t("none")) },
    { key: "amount_eur", label: t("column.largest"), num: true, cell: (r) => money(r.amount_eur) },
    { key: "last", label: t("column.dates"), look: "tight", cell: (r) => span(r.first, r.last) },
  ],
};

/** What the search box looks through: ids, titles, rules and forms. */
function haystack(row) {
  if (row.found === undefined) {
    const rules = (row.rules || []).flatMap((r) => [r, ruleTitle(r)]);
    const parts = [row.alert_id, row.network_id, row.subject_id, row.title, words(row.typology), words(row.leading_role), row.urgency_why, ...rules];
    Object.defineProperty(row, "found", { value: parts.filter(Boolean).join("\n").toLowerCase() });
  }
  return row.found;
}
function passing(tab) {
  const { q, typology, urgency, rule, place, sort, down } = tab.state;
  const asked = q.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = tab.rows.filter((r) =>
    (!typology || r.typology === typology) && (!urgency || String(r.urgency) === urgency) &&
    (!rule || (r.rules || []).includes(rule)) &&
    (!place || (place === "in" ? r.network_id : !r.network_id)) &&
    asked.every((part) => haystack(r).includes(part)));
  const way = down ? -1 : 1;
  return rows.sort((a, b) => way * order(a[sort], b[sort]) || a.rank - b.rank);
}
function order(a, b) {
  if (a === b) return 0;
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return a < b ? -1 : 1;
}

function choice(label, values, chosen, change) {
  const box = el("select", { onchange: (e) => change(e.target.value) },
    el("option", { value: "" }, t("filter.all")),
    values.map(([value, text, lang]) => el("option", { value, lang }, text)));
  box.value = chosen;
  return el("label", {}, el("span", {}, label), box);
}
const distinct = (rows, name) => [...new Set(rows.flatMap((r) => r[name] ?? []))].sort(order);

function queueView(name) {
  const tab = tabs[name];
  const state = tab.state;
  const columns = queueColumns[name === "networks" ? "networks" : "alerts"]();
  const body = el("tbody", { role: "rowgroup" });
  const status = el("p", { class: "status", role: "status" });
  const more = el("button", { type: "button", class: "more", onclick: () => show(STEP) });
  let found = [];
  let visible = 0;
  function show(by) {
    const next = found.slice(visible, visible + by);
    add(body, next.map((row) => tableRow(columns, row)));
    visible += next.length;
    more.hidden = visible >= found.length;
    more.textContent = t("queue.more", { n: whole(Math.min(STEP, found.length - visible)), left: whole(found.length - visible) });
  }
  function refresh() {
    found = passing(tab);
    tab.found = found;
    body.replaceChildren();
    visible = 0;
    show(STEP);
    status.textContent = t("queue.status", { shown: whole(found.length), all: count(tab.rows.length, tab.unit) });
    for (const th of heads) {
      const on = th.dataset.key === state.sort;
      th.setAttribute("aria-sort", on ? (state.down ? "descending" : "ascending") : "none");
    }
  }
  const heads = columns.map((c) => el("th", { scope: "col", role: "columnheader", "data-key": c.key, class: c.num ? "num" : null },
    el("button", { type: "button", onclick: () => {
      state.down = state.sort === c.key ? !state.down : false;
      state.sort = c.key;
      refresh();
    } }, c.label)));
  const change = (key) => (value) => { state[key] = value; refresh(); };
  const search = el("input", { type: "search", id: "search", value: state.q, autocomplete: "off", oninput: (e) => change("q")(e.target.value) });
  const sorts = choice(t("filter.sort"), columns.map((c) => [c.key, c.label]), state.sort, (v) => { state.down = false; change("sort")(v || "rank"); });
  sorts.className = "phone";
  const filters = el("form", { class: "filters", role: "search", onsubmit: (e) => e.preventDefault() },
    el("label", { class: "wide" }, el("span", {}, t("filter.search")), search),
    choice(t("column.form"), distinct(tab.rows, "typology").map((v) => [v, words(v)]), state.typology, change("typology")),
    name !== "networks" && choice(t("column.urgency"), distinct(tab.rows, "urgency").reverse().map((v) => [String(v), String(v)]), state.urgency, change("urgency")),
    choice(t("filter.rule"), distinct(tab.rows, "rules").map((v) => [v, `${v} ${ruleTitle(v)}`.slice(0, 70), "en"]), state.rule, change("rule")),
    name !== "networks" && choice(t("column.network"), [["in", t("filter.in")], ["out", t("filter.out")]], state.place, change("place")),
    sorts,
    el("button", { type: "button", onclick: () => {
      Object.assign(state, { q: "", typology: "", urgency: "", rule: "", place: "", sort: "rank", down: false });
      go();
    } }, t("filter.clear")));
  const made = el("table", { class: "cards queue", role: "table", "data-tab": name },
    el("caption", { class: "sr" }, t(`tab.${name}`)), el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, heads)), body);
  refresh();
  const paper = el("p", { class: "paper-only" });
  tab.all = () => {
    show(Math.max(0, ON_PAPER - visible));
    paper.textContent = visible < found.length ? t("queue.paper", { shown: whole(visible), all: whole(found.length) }) : "";
  };
  return [
    el("h1", { tabindex: "-1" }, t("queue.title")), atOnce(), summary(),
    el("nav", { class: "tabs", "aria-label": t("queue.lists") }, TABS.map((key) => el("a", { href: `#/${key}`, "aria-current": key === name ? "page" : null },
      t(`tab.${key}`), el("span", { class: "badge" }, whole(tabs[key].rows.length))))),
    el("p", { class: "lead" }, t(`lead.${name}`)),
    name !== "networks" && DATA.alerts.length > DATA.top && el("p", { class: "lead" }, t("queue.rows", { top: whole(DATA.top) })),
    name === "people" && note("care", el("p", {}, words_said("victims")), el("p", {}, words_said("doubt"))),
    filters, status,
    found.length || tab.rows.length ? made : el("p", { class: "quiet" }, t("queue.empty")), paper, more,
  ];
}

/** What a person reads before anything else, whatever the scores; nothing where there is nothing. */
function atOnce() {
  if (!DATA.reviews.length) return null;
  return el("section", { class: "note care", id: "at-once" },
    el("h2", {}, t("reviews.title", { n: whole(DATA.reviews.length) })), el("p", {}, t("reviews.lead")),
    el("ul", {}, DATA.reviews.slice(0, STEP).map((r) => el("li", {},
      el("strong", {}, prose(r.title)), " ", ...subjectName(r.subject_kind, r.subject_id), ", ", span(r.first, r.last), ". ",
      r.handling === "possible victim" ? `${t("reviews.victim")} ` : "", file(`cases/${r.review_id}/narrative.txt`)))),
    DATA.reviews.length > STEP && el("p", {}, t("more", { n: whole(DATA.reviews.length - STEP) })));
}

/** Standing texts of the program, in the page's language where it has them. */
function words_said(name) {
  return TEXTS[`said.${name}`] || DATA.said[name];
}

function summary() {
  const s = DATA.summary || {};
  const ready = s.readiness || {};
  const rows = s.transactions || {};
  const facts = [
    [t("summary.movements"), whole(rows.loaded ?? 0), rows.rejected ? t("summary.rejected", { n: whole(rows.rejected) }) : t("summary.none_rejected"), "#/quality"],
    [t("summary.rules"), t("summary.of", { n: whole(ready.ready ?? 0), all: whole(DATA.readiness.length) }), t("summary.unready", { weak: whole(ready.weak ?? 0), silent: whole(ready["not judged"] ?? 0) }), "#/readiness"],
    [t("summary.hits"), whole(s.hits ?? 0), t("summary.near", { n: whole(s.near_misses ?? 0) }), "#/readiness"],
    [t("summary.until"), (DATA.run.data_until || "").slice(0, 10) || t("word.unknown"), DATA.run.time_zone, "#/run"],
  ];
  return el("ul", { class: "summary" }, facts.map(([name, value, small, href]) => el("li", {},
    el("a", { href }, el("span", {}, name), el("strong", {}, value), el("small", {}, small)))));
}
