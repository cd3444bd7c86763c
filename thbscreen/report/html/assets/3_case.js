// The page of one subject.
function caseView(id) {
  const alert = ALERTS.get(id);
  const facts = alert && block(id);
  if (!facts) return missing(id);
  return [
    steps(alert.apart ? "people" : "subjects", "alert_id", id, "case"),
    el("h1", { tabindex: "-1" }, ...subjectName(alert.subject_kind, alert.subject_id)),
    el("p", { class: "tags" }, alert.apart && el("strong", { class: "tag apart" }, t("case.apart")),
      el("span", { class: "tag" }, t("case.rank", { n: whole(alert.rank) })),
      el("span", { class: "tag" }, t("case.urgency", { n: alert.urgency })),
      el("span", { class: "tag" }, t("case.score", { n: number(alert.score) })),
      el("span", { class: "tag" }, words(alert.typology)), el("span", { class: "tag mono" }, id)),
    alert.apart ? note("care", el("p", {}, words_said("victims")), alert.leading_role !== "possible_victim" && el("p", {}, words_said("doubt"))) : null,
    contents(["case.found", "case.sum", "case.roles", "case.time", "case.evidence", "case.hits", "case.named", "case.innocent", "case.silent", "case.near", "case.care"]),
    section("case.found", 2, found(alert, facts)),
    section("case.sum", 2, sum(alert, facts)),
    section("case.roles", 2, roles(alert, facts)),
    section("case.time", 2, timeline(facts)),
    section("case.evidence", 2, movements(facts.movements, id, alert.rank, alert.n_tx)),
    section("case.hits", 2, hits(facts.hits, facts.all_hits)),
    section("case.named", 2, named(facts)),
    section("case.innocent", 2, el("p", { class: "lead" }, t("case.innocent.lead")), pooledList(facts.innocent)),
    section("case.silent", 2, silent(facts.not_judged.map(pooled))),
    section("case.near", 2, near(facts)),
    section("case.care", 2, list([words_said("care"), ...facts.care.map((n) => prose(pooled(n), 600))])),
  ];
}

function found(alert, facts) {
  return pairs([
    [t("column.urgency"), `${alert.urgency}: `, alert.urgency_why ? prose(alert.urgency_why) : t("none")],
    [t("column.dates"), span(alert.first, alert.last)],
    [t("case.largest"), money(alert.amount_eur)],
    [t("case.movements"), whole(alert.n_tx)],
    [t("case.families"), (alert.families || []).map(words).join(", ")],
    [t("case.forms"), facts.typologies.map(([name, points]) => `${words(name)} ${number(points)}`).join(", ")],
    [t("case.third"), facts.third_party ? t("yes") : t("no")],
    [t("column.network"), NETWORKS.has(alert.network_id) ? el("a", { href: `#/network/${alert.network_id}` }, prose(NETWORKS.get(alert.network_id).title), ` (${alert.network_id})`) : t("none")],
    facts.accounts.length && [t("case.accounts"), facts.accounts.map((a) => [idText(a), " "])],
  ]);
}

function sum(alert, facts) {
  let running = 0;
  const rows = facts.addends.map(([points, why, rule, hit, family]) => ({ points, why: pooled(why), rule, hit, family, after: (running += points) }));
  const made = table(t("case.sum"), [
    { label: t("column.rule"), cell: (r) => ruleName(r.rule) },
    { label: t("column.why"), cell: (r) => prose(r.why, 300) },
    { label: t("column.family"), cell: (r) => words(r.family) },
    { label: t("column.points"), num: true, cell: (r) => signed(r.points) },
    { label: t("column.after"), num: true, cell: (r) => number(r.after) },
  ], rows, "cards sum");
  made.append(el("tfoot", { role: "rowgroup" }, el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader", colspan: "3" }, t("case.total")),
    el("td", { role: "cell", class: "num", "data-label": t("case.total") }, el("strong", {}, number(alert.score))), el("td", { role: "cell", class: "num" }))));
  return [el("p", { class: "lead" }, t("case.sum.lead")), made];
}
const signed = (points) => (points > 0 ? `+${number(points)}` : number(points).replace("-", "−"));

function roles(alert, facts) {
  const readings = facts.readings.filter((r) => r.for.length || r.against.length);
  return [
    el("p", { class: "lead" }, t("case.roles.lead")), roleBars(facts.roles),
    readings.length ? readings.map((reading) => el("div", { class: "two" },
      el("div", {}, el("h3", {}, t("roles.for")), pooledList(reading.for)),
      el("div", {}, el("h3", {}, t("roles.against")), pooledList(reading.against)),
      el("p", { class: "quiet" }, t("roles.where"), " ", el("a", { href: `#/network/${reading.network}` }, reading.network)))) : el("p", { class: "quiet" }, t("roles.nowhere")),
  ];
}

function timeline(facts) {
  const weeks = facts.movements?.weeks || [];
  return [weeks.length ? weekChart(weeks) : el("p", { class: "quiet" }, t("time.none")), spans(facts.spans)];
}

/** A bar per hit, one line per rule, on one scale of time. */
function spans(rows) {
  if (!rows.length) return null;
  const day = (text) => Date.parse(`${text}T00:00:00Z`) / 86400000;
  const ends = rows.flatMap(([, spans]) => spans.flat().map(day));
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  const wide = Math.max(1, last - first);
  return el("div", { class: "spans" }, el("h3", {}, t("time.rules")),
    el("ul", {}, rows.map(([rule, spans]) => el("li", {},
      el("span", { class: "name" }, ruleName(rule), " ", el("small", {}, prose(ruleTitle(rule), 90))),
      el("span", { class: "track", "aria-hidden": "true" }, spans.map(([a, b]) => {
        const bar = el("span", { class: "bar", title: span(a, b) });
        bar.style.left = `${(100 * (day(a) - first)) / wide}%`;
        bar.style.width = `max(4px, ${(100 * (day(b) - day(a))) / wide}%)`;
        return bar;
      })),
      el("small", { class: "when" }, span(spans.map((s) => s[0]).sort()[0], spans.map((s) => s[1]).sort().at(-1)), spans.length > 1 ? ` (${count(spans.length, "count.hit")})` : "")))),
    el("p", { class: "axis", "aria-hidden": "true" }, el("span", {}, dayText(first)), el("span", {}, dayText(last))));
}

/** Evidence rows; the file beside the page has all. */
function movements(moved, id, rank, all) {
  if (!moved && rank > DATA.top) return el("p", { class: "quiet" }, t("evidence.none", { n: whole(all), top: whole(DATA.top), rank: whole(rank) }));
  if (!moved) return el("p", { class: "quiet" }, t("evidence.gone"), " ", file(`cases/${id}`));
  const currency = moved.columns.indexOf("currency");
  const labels = moved.columns.map((name, i) => ({ label: t(TEXTS[`tx.${name}`] ? `tx.${name}` : name), name, i }));
  const columns = labels.filter(({ i }) => i !== currency).map(({ label, name, i }) => ({
    label, num: name === "amount", look: name === "rules" ? "wide" : null,
    cell: (r) => (name === "amount" ? `${r[i]} ${r[currency] ?? ""}` : evidenceCell(name, r[i])),
  }));
  const told = moved.rows.length < moved.all
    ? t("evidence.some", { shown: whole(moved.rows.length), all: whole(moved.all) })
    : t("evidence.all", { all: whole(moved.all) });
  return [el("p", { class: "lead" }, told, " ", file(`cases/${id}/evidence.csv`)),
    el("p", { class: "quiet" }, t("evidence.personal")), table(t("case.evidence"), columns, moved.rows)];
}
function evidenceCell(name, text) {
  if (!text) return "";
  if (name === "rules") return text.split("+").map((r) => [ruleName(r), " "]);
  if (name === "direction" || name === "tx_type") return words(text);
  if (name === "booking_local") return el("span", { class: "nowrap" }, text.slice(0, 16));
  return said(text, 60);
}

function hits(rows, all) {
  const columns = [
    { label: t("column.rule"), cell: (h) => [ruleName(h[1]), el("small", {}, prose(ruleTitle(h[1])))] },
    { label: t("column.on"), cell: (h) => subjectName(h[2], h[3]) },
    { label: t("column.dates"), look: "tight", cell: (h) => span(h[4], h[5]) },
    { label: t("column.sum"), num: true, cell: (h) => [money(h[7]), el("small", {}, count(h[6] ?? 0, "count.movement"))] },
    { label: t("column.finding"), cell: (h) => [prose(h[8], 500), el("small", {}, h[0])] },
  ];
  return [all > rows.length && el("p", { class: "lead" }, t("hits.some", { shown: whole(rows.length), all: whole(all) }), " ", file("hits.parquet")),
    grown(t("case.hits"), columns, rows, 15)];
}

function named(facts) {
  if (facts.named === null) {
    return [el("p", {}, t("named.unknown")), list(facts.named_roles.map(([role, n]) => `${words(role)}: ${whole(n)}`))];
  }
  const columns = [
    { label: t("column.id"), cell: (r) => toldOf(r[0]) },
    { label: t("column.role"), cell: (r) => [shape(r[1]), words(r[1])] },
    { label: t("column.rules"), cell: (r) => r[2].map((rule) => [ruleName(rule), " "]) },
  ];
  const safe = facts.named.filter((r) => r[4]);
  const others = facts.named.filter((r) => !r[4]);
  return [
    el("h3", {}, t("named.others")), others.length ? table(t("named.others"), columns, others, "cards") : el("p", { class: "quiet" }, t("nothing")),
    safe.length ? [el("h3", {}, t("named.apart")), note("care", el("p", {}, words_said("victims"))), table(t("named.apart"), [columns[0], columns[2]], safe, "cards")] : null,
  ];
}

function silent(rules) {
  const silentNow = DATA.readiness.filter((r) => rules.includes(r.rule));
  const weak = DATA.readiness.filter((r) => r.status === "weak");
  return [
    silentNow.length ? [el("p", { class: "lead" }, t("silent.lead")), list(silentNow.map((r) => [ruleName(r.rule), " ", prose(r.title), ": ", prose(r.reason)]))] : el("p", {}, t("silent.none")),
    weak.length ? el("p", {}, t("silent.weak"), " ", weak.map((r) => [ruleName(r.rule), " "])) : null,
  ];
}

function near(facts) {
  if (!facts.near.length) return el("p", { class: "quiet" }, t(facts.accounts.length ? "near.none" : "near.unknown"));
  return [
    el("p", { class: "lead" }, t("near.lead"), facts.all_near > facts.near.length ? ` ${t("near.some", { shown: facts.near.length, all: facts.all_near })}` : ""),
    table(t("case.near"), [
      { label: t("column.rule"), cell: (n) => [ruleName(n[0]), el("small", {}, prose(ruleTitle(n[0])))] },
      { label: t("column.on"), cell: (n) => idText(n[1]) },
      { label: t("column.dates"), look: "tight", cell: (n) => span(n[2], n[3]) },
      { label: t("near.line"), cell: (n) => code(n[4]) },
      { label: t("near.left"), num: true, cell: (n) => number(n[5]) },
      { label: t("near.right"), num: true, cell: (n) => number(n[6]) },
      { label: t("near.distance"), num: true, cell: (n) => (n[7] === null ? t("word.unknown") : `${Math.round(n[7] * 1000) / 10} %`) },
    ], facts.near, "cards"),
  ];
}

/** Links to the case before and after, in the order that the list has now. */
function steps(tabName, key, id, route) {
  const tab = tabs[tabName];
  const rows = tab.found || tab.rows;
  const at = rows.findIndex((r) => r[key] === id);
  const link = (row, text, mark) => row && el("a", { href: `#/${route}/${row[key]}`, class: mark }, t(text));
  return el("nav", { class: "steps", "aria-label": t("steps.label") },
    el("a", { href: `#/${tabName}`, class: "up" }, t("steps.back", { list: t(`tab.${tabName}`) })),
    at > 0 && link(rows[at - 1], "steps.before", "before"), at >= 0 && link(rows[at + 1], "steps.after", "after"));
}

/** Buttons that lead to the parts of a page. */
function contents(keys) {
  return el("nav", { class: "contents", "aria-label": t("contents") }, keys.map((key) => el("button", { type: "button", onclick: () => {
    const head = $(`s-${key}`);
    head.scrollIntoView();
    head.focus({ preventScroll: true });
  } }, t(key))));
}
function missing(id) {
  return [el("h1", { tabindex: "-1" }, t("missing")), el("p", {}, said(id, 60)), el("p", {}, el("a", { href: "#/" }, t("queue.title")))];
}
