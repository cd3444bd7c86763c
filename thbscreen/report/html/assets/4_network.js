// The page of one suspected network.
function networkView(id) {
  const network = NETWORKS.get(id);
  const facts = network && block(id);
  if (!facts) return missing(id);
  const apart = facts.members.filter((m) => m.apart);
  const others = facts.members.filter((m) => !m.apart);
  return [
    steps("networks", "network_id", id, "network"),
    el("h1", { tabindex: "-1" }, prose(network.title)),
    el("p", { class: "tags" }, el("span", { class: "tag" }, t("case.rank", { n: whole(network.rank) })),
      el("span", { class: "tag" }, t("case.score", { n: number(network.score) })),
      el("span", { class: "tag" }, t("network.confidence", { word: words(network.confidence) })),
      el("span", { class: "tag" }, words(network.typology)), el("span", { class: "tag mono" }, id)),
    contents(["network.found", "network.drawing", "network.members", "network.flows", "network.proof", "network.rests", "network.break", "network.hits", "case.evidence", "case.innocent", "case.silent", "case.care"]),
    section("network.found", 2, el("p", {}, prose(facts.why, 900)), facts.note && el("p", {}, prose(facts.note, 600)), pairs([
      [t("column.members"), whole(facts.members.length), " (", count(apart.length, "count.victim"), ")"],
      [t("column.moved"), money(network.amount_eur)], [t("column.dates"), span(network.first, network.last)],
      [t("network.alerts"), whole(network.n_alerts)],
    ])),
    section("network.drawing", 2, drawing(facts)),
    section("network.members", 2, el("h3", {}, t("network.others")), members(others, t("network.others")),
      apart.length ? [el("h3", {}, t("named.apart")), note("care", el("p", {}, words_said("victims")), el("p", {}, words_said("doubt"))), members(apart, t("named.apart"))] : null),
    section("network.flows", 2, flows(facts)),
    section("network.proof", 2, proof(facts, id)),
    section("network.rests", 2, el("p", { class: "lead" }, t("network.rests.lead")), pooledList(facts.confidence_why)),
    section("network.break", 2, pooledList(facts.would_break), tests(facts)),
    section("network.hits", 2, hits(facts.hits, facts.all_hits)),
    section("case.evidence", 2, movements(facts.movements, id)),
    section("case.innocent", 2, el("p", { class: "lead" }, t("case.innocent.lead")), pooledList(facts.innocent),
      facts.hubs.length ? [el("h3", {}, t("network.hubs")), list(facts.hubs.map(([hub, kind, n, why]) => [idText(hub), ` ${words(kind)}: `, prose(why)]))] : null),
    section("case.silent", 2, silent(DATA.readiness.filter((r) => r.status === "not judged").map((r) => r.rule))),
    section("case.care", 2, list([words_said("care"), ...facts.care.map((n) => prose(pooled(n), 600))])),
  ];
}

function members(rows, caption) {
  if (!rows.length) return el("p", { class: "quiet" }, t("nothing"));
  return grown(caption, [
    { label: t("column.id"), cell: (m) => [m.alert ? el("a", { href: `#/case/${m.alert}` }, idText(m.id)) : idText(m.id), el("small", {}, memberKind(m))] },
    { label: t("column.role"), cell: (m) => [shape(m.role), words(m.role), el("small", {}, m.roles.filter(([r]) => r !== m.role).map(([r, s]) => `${words(r)} ${percent(s)}`).join(", "))] },
    { label: t("roles.for"), cell: (m) => plain(m.for) },
    { label: t("roles.against"), cell: (m) => plain(m.against) },
    { label: t("network.received"), num: true, cell: (m) => money(m.received) },
    { label: t("network.sent"), num: true, cell: (m) => money(m.sent) },
  ], rows, 60);
}
/** Reasons in a cell: the first ones, and the others when asked for. */
function plain(numbers) {
  if (!numbers.length) return t("none");
  const items = (some) => el("ul", { class: "plain" }, some.map((n) => el("li", {}, prose(pooled(n), 300))));
  const most = 3;
  if (numbers.length <= most + 1) return items(numbers);
  return [items(numbers.slice(0, most)), el("details", { class: "onpaper" }, el("summary", {}, t("more", { n: numbers.length - most })), items(numbers.slice(most)))];
}
function memberKind(m) {
  const parts = [t(m.customer ? "network.customer" : "network.external")];
  if (m.connector) parts.push(t("network.connector"));
  if (m.rank) parts.push(t("case.rank", { n: m.rank }));
  return parts.join(", ");
}

/** Who paid whom; rows are added when asked for. */
function flows(facts) {
  if (!facts.flows.length) return el("p", { class: "quiet" }, t("nothing"));
  const byId = new Map(facts.members.map((m) => [m.id, m]));
  const who = (id) => [shape(roleOf(byId.get(id))), toldOf(id), el("small", {}, words(roleOf(byId.get(id))))];
  const columns = [
    { label: t("flow.from"), cell: (f) => who(f[0]) },
    { label: t("flow.to"), cell: (f) => who(f[1]) },
    { label: t("flow.n"), num: true, cell: (f) => whole(f[2]) },
    { label: t("column.sum"), num: true, cell: (f) => money(f[3]) },
    { label: t("column.dates"), look: "tight", cell: (f) => span(f[4], f[5]) },
    { label: t("flow.payments"), cell: (f) => payments(f) },
  ];
  return grown(t("network.flows"), columns, facts.flows, 60);
}
function payments(flow) {
  const made = el("details", { ontoggle: () => {
    if (!made.open || made.children.length > 1) return;
    add(made, el("ul", { class: "plain" }, flow[6].map(([day, cents, tx]) => el("li", {}, `${dayText(day)}, ${money(cents)} `, el("small", {}, said(tx, 40))))),
      flow[2] > flow[6].length && el("p", {}, t("flow.more", { n: whole(flow[2] - flow[6].length) }), " ", file("network_edges.parquet")));
  } }, el("summary", {}, t("flow.show")));
  return flow[6].length ? made : t("none");
}

/** A table that grows by a button, so that long ones open at once. */
function grown(caption, columns, rows, step) {
  const made = table(caption, columns, rows.slice(0, step), "cards");
  if (rows.length <= step) return made;
  let n = step;
  const label = () => t("queue.more", { n: whole(Math.min(step, rows.length - n)), left: whole(rows.length - n) });
  const button = el("button", { type: "button", class: "more", onclick: () => {
    add(made.tBodies[0], rows.slice(n, n + step).map((row) => tableRow(columns, row)));
    n += step;
    button.hidden = n >= rows.length;
    button.textContent = label();
  } }, label());
  return [made, button];
}

/** Payments of each pattern in the order of time; a pattern's rows are made when it is opened. */
function proof(facts, id) {
  if (!facts.proof.length) return el("p", { class: "quiet" }, t("nothing"));
  const told = facts.proof.reduce((n, p) => n + p.rows.length, 0);
  const columns = [
    { label: t("proof.seq"), num: true, cell: (r) => whole(r[0]) },
    { label: t("tx.booking_local"), cell: (r) => el("span", { class: "nowrap" }, r[1]) },
    { label: t("flow.from"), cell: (r) => (r[2] ? toldOf(r[2]) : t("proof.unnamed")) },
    { label: t("flow.to"), cell: (r) => (r[3] ? toldOf(r[3]) : t("proof.unnamed")) },
    { label: t("column.sum"), num: true, cell: (r) => money(r[4]) },
    { label: t("proof.before"), num: true, cell: (r) => (r[5] ? money(r[5]) : "") },
    { label: t("proof.what"), cell: (r) => [prose(pooled(r[6])), el("small", {}, said(r[7], 40))] },
  ];
  return [
    el("p", { class: "lead" }, words_said("order")),
    told < facts.all_proof && el("p", {}, t("proof.some", { shown: whole(told), all: whole(facts.all_proof), patterns: whole(facts.all_patterns) }), " ", file(`cases/${id}/proof.csv`)),
    facts.proof.map((p, i) => {
      const fill = () => { if (made.children.length === 1) add(made, el("p", {}, t("proof.passed", { sum: money(p.passed_on), rows: whole(p.rows.length), all: whole(p.all) })), table(`${p.rule} ${p.hit}`, columns, p.rows)); };
      const made = el("details", { class: "pattern onpaper", ontoggle: () => made.open && fill() },
        el("summary", {}, ruleName(p.rule), " ", prose(ruleTitle(p.rule)), el("small", {}, p.hit, ", ", count(p.all, "count.payment"))));
      made.fill = fill;
      if (!i) { fill(); made.open = true; }
      return made;
    }),
  ];
}

function tests(facts) {
  if (!facts.tests.length) return null;
  return [el("h3", {}, t("network.tests")), table(t("network.tests"), [
    { label: t("tests.name"), cell: (r) => words(r[0]) },
    { label: t("tests.result"), cell: (r) => words(r[1]) },
    { label: t("tests.finding"), cell: (r) => prose(r[2], 400) },
  ], facts.tests, "cards")];
}
/** How a member is drawn: in doubt as a possible victim. */
const roleOf = (member) => (!member ? "unknown" : member.apart ? "possible_victim" : member.role);
