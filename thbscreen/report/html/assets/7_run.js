// Readiness, data quality, and what the run is known by.
function readinessView() {
  const silence = (r) => ["not judged", "weak", "ready"].indexOf(r.status);
  const rows = [...DATA.readiness].sort((a, b) => silence(a) - silence(b) || order(a.rule, b.rule));
  const below = Object.entries(DATA.summary?.below_the_line || {}).filter(([, n]) => n);
  return [
    el("h1", { tabindex: "-1" }, t("readiness.title")), el("p", { class: "lead" }, t("readiness.lead")),
    grown(t("readiness.title"), [
      { label: t("column.rule"), cell: (r) => [ruleName(r.rule), el("small", {}, prose(r.title))] },
      { label: t("readiness.status"), cell: (r) => el("span", { class: `tag s-${r.status.replace(" ", "-")}` }, TEXTS[`status.${r.status}`] ?? words(r.status)) },
      { label: t("column.why"), cell: (r) => [prose(r.reason, 300), r.missing?.length ? el("small", {}, t("readiness.missing"), " ", r.missing.join(", ")) : null] },
      { label: t("readiness.weakest"), cell: (r) => (r.weakest_column ? [code(r.weakest_column), ` ${percent(r.coverage)}`] : t("none")) },
      { label: t("readiness.back"), cell: (r) => lookBack(r.look_back) },
    ], rows, 200),
    section("readiness.below", 2, el("p", { class: "lead" }, t("readiness.below.lead")), list(below.map(([what, n]) => `${words(what)}: ${whole(n)}`))),
    section("readiness.hubs", 2, el("p", { class: "lead" }, t("readiness.hubs.lead")), DATA.hubs.length ? grown(t("readiness.hubs"), [
      { label: t("column.id"), cell: (h) => idText(h.hub_id) },
      { label: t("readiness.kind"), cell: (h) => words(h.kind) },
      { label: t("readiness.touches"), num: true, cell: (h) => whole(h.n_subjects ?? 0) },
      { label: t("column.why"), cell: (h) => prose(h.why, 300) },
    ], DATA.hubs, 100) : el("p", { class: "quiet" }, t("nothing"))),
  ];
}

/** How far a rule looks back, such as `30 days`, in the page's language. */
function lookBack(text) {
  const [, n, unit] = /^(\d+) (days|hours|minutes)$/.exec(text ?? "") ?? [];
  return n ? t(`unit.${unit}`, { n }) : text || t("none");
}

function qualityView() {
  const q = DATA.quality;
  if (!q) return [el("h1", { tabindex: "-1" }, t("quality.title")), el("p", {}, t("quality.none"))];
  const load = Object.entries(q.load?.tables || {});
  const columns = Object.entries(q.completeness || {}).flatMap(([name, held]) => Object.entries(held).map(([column, share]) => [name, column, share]));
  const facts = (held) => Object.entries(held || {}).map(([name, value]) => [words(name), typeof value === "number" ? (name.startsWith("share") ? percent(value) : number(value)) : said(value ?? t("word.unknown"))]);
  return [
    el("h1", { tabindex: "-1" }, t("quality.title")), el("p", { class: "lead" }, t("quality.lead"), " ", file("rejects.csv")),
    section("quality.rows", 2, table(t("quality.rows"), [
      { label: t("quality.table"), cell: (r) => words(r[0]) }, { label: t("quality.read"), num: true, cell: (r) => whole(r[1].read) },
      { label: t("quality.loaded"), num: true, cell: (r) => whole(r[1].loaded) }, { label: t("quality.rejected"), num: true, cell: (r) => whole(r[1].rejected) },
      { label: t("quality.skipped"), cell: (r) => Object.entries(r[1].skipped || {}).map(([why, n]) => `${words(why)}: ${whole(n)}`).join(", ") || "0" },
    ], load, "cards")),
    section("quality.findings", 2, list((q.findings || []).map((f) => prose(typeof f === "string" ? f : Object.values(f).join(" "), 400)))),
    section("quality.plausible", 2, pairs(facts(q.plausibility))),
    section("quality.references", 2, pairs(facts(q.references))),
    section("quality.filled", 2, el("p", { class: "lead" }, t("quality.filled.lead")), grown(t("quality.filled"), [
      { label: t("quality.table"), cell: (r) => words(r[0]) }, { label: t("quality.column"), cell: (r) => code(r[1]) },
      { label: t("quality.share"), num: true, cell: (r) => [r[2] > 0 && r[2] < 0.01 ? "< 1 %" : percent(r[2]), el("meter", { min: 0, max: 1, value: r[2], "aria-label": percent(r[2]) })] },
    ], columns, 200)),
  ];
}

function runView() {
  const run = DATA.run;
  const p = run.profile;
  return [
    el("h1", { tabindex: "-1" }, t("run.title")), el("p", { class: "lead" }, t("run.lead"), " ", file("manifest.json")),
    section("run.versions", 2, pairs([...Object.entries(run.versions).map(([name, value]) => [name, said(value)]), [t("run.schema"), run.schema_version]])),
    section("run.rules", 2, pairs([[t("run.digest"), code(run.rules_digest || "")], [t("run.n_rules"), whole(run.n_rules)], [t("run.lists"), whole(run.lists)],
      [t("run.profile"), said(p.name || ""), " ", code(p.digest || "")], [t("run.zone"), run.time_zone], [t("summary.until"), run.data_until || t("word.unknown")],
      [t("run.mapping"), run.mapping ? [said(run.mapping.name), " ", code(run.mapping.sha256)] : t("none")],
      ...Object.entries(p.scoring).map(([name, value]) => [words(name), value])])),
    section("run.inputs", 2, table(t("run.inputs"), [
      { label: t("run.file"), cell: (f) => said(f.name) }, { label: t("quality.table"), cell: (f) => words(f.table) },
      { label: t("run.rows"), num: true, cell: (f) => whole(f.rows ?? 0) }, { label: t("run.bytes"), num: true, cell: (f) => whole(f.bytes ?? 0) }, { label: "SHA-256", cell: (f) => el("code", { class: "hash" }, f.sha256) },
    ], run.inputs, "cards")),
    section("run.changes", 2, el("p", { class: "lead" }, t("run.changes.lead")), list([
      ...p.values.map((c) => [ruleName(c.rule), " ", said(`${c.parameter}: ${c.default} → ${c.value}. ${c.reason ?? ""}`, 400)]),
      ...p.switched.map((c) => [ruleName(c.rule), " ", t(c.enabled ? "run.on" : "run.off"), " ", said(c.reason ?? "", 400)]),
      ...p.exclusions.map((c) => [ruleName(c.rule ?? ""), " ", said(`${c.name}: ${c.reason ?? ""}`, 400), " ", t("run.hidden", { n: whole(c.rows ?? 0) })]),
    ])),
    section("run.not", 2, el("p", {}, words_said("draft")), el("p", {}, t("run.not.text"))),
    section("run.licences", 2, el("p", {}, t("run.licences.lead")), Object.entries(JSON.parse($("licences").textContent)).map(([name, text]) => el("details", {}, el("summary", {}, name), el("pre", {}, text)))),
  ];
}
