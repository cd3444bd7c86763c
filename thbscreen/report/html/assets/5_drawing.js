// The interactive drawing of a network: roles by shape and text, payments as arrows, a slider of time.
/* global cytoscape */
const CY_SHAPES = {
  possible_victim: "ellipse", possible_controller: "diamond", possible_recruiter: "triangle",
  possible_organiser: "star", possible_facilitator: "hexagon", employer: "rectangle",
  possible_client: "pentagon", place: "tag", unknown: "round-rectangle",
};
/** From so many members on, members stand in rings by role, and most names show when somebody zooms in. */
const CROWD = 60;
let drawn = null;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function look() {
  const role = Object.keys(CY_SHAPES).map((name) => ({ selector: `node[role = "${name}"]`, style: { shape: CY_SHAPES[name], "background-color": colour(`role-${name}`) } }));
  return [
    { selector: "node", style: {
      label: "data(label)", width: "data(size)", height: "data(size)", color: colour("text"), "font-size": "data(font)",
      "font-family": "system-ui, sans-serif", "text-wrap": "wrap", "text-valign": "bottom", "text-margin-y": 4,
      "text-background-color": colour("ground"), "text-background-opacity": 0.85, "text-background-padding": 2,
      "border-width": 1.5, "border-color": colour("text"), "min-zoomed-font-size": 6,
    } },
    ...role,
    { selector: 'node[role = "unknown"]', style: { "border-style": "dashed" } },
    { selector: "edge", style: { "curve-style": "bezier", width: "data(wide)", "line-color": colour("flow"), "target-arrow-color": colour("flow"), "target-arrow-shape": "triangle", "arrow-scale": 0.9, opacity: 0.8 } },
    { selector: "edge[tie]", style: { width: 1.5, "line-style": "dotted", "line-color": colour("quiet"), "target-arrow-shape": "none", opacity: 0.7 } },
    { selector: 'edge[tie = "payment pattern"]', style: { "line-style": "dashed" } },
    { selector: "edge.many", style: { opacity: 0.35, "arrow-scale": 0.7 } },
    { selector: ".away", style: { display: "none" } },
    { selector: ".dim", style: { opacity: 0.15 } },
    { selector: ".on", style: { "border-width": 4, "border-color": colour("accent") } },
    { selector: "edge.on", style: { "line-color": colour("accent"), "target-arrow-color": colour("accent"), opacity: 1, "z-index": 9 } },
  ];
}

function drawing(facts) {
  const canvas = el("div", { class: "canvas", id: "drawing", tabindex: "0", role: "application", "aria-label": t("drawing.label", { n: facts.members.length }), "aria-describedby": "drawing-keys" });
  const tip = el("div", { class: "tip", id: "tip", hidden: true });
  const used = Object.keys(CY_SHAPES).filter((r) => facts.members.some((m) => (CY_SHAPES[roleOf(m)] ? roleOf(m) : "unknown") === r));
  const kinds = [...new Set(facts.ties.map((tie) => tie[2]))].sort();
  const state = { facts, canvas, tip, kinds: new Set(), from: null, to: null, cy: null };
  const boxes = [el("label", {}, el("input", { type: "checkbox", checked: true, onchange: (e) => { state.hideFlows = !e.target.checked; filterTime(state); } }), t("drawing.payments"), ` (${facts.flows.length})`),
    ...kinds.map((kind) => el("label", {}, el("input", { type: "checkbox", onchange: (e) => { e.target.checked ? state.kinds.add(kind) : state.kinds.delete(kind); filterTime(state); } }), words(kind), ` (${facts.ties.filter((tie) => tie[2] === kind).length})`))];
  const button = (key, what) => el("button", { type: "button", onclick: () => what() }, t(key));
  const made = el("div", { class: "drawing" },
    el("p", { class: "quiet", id: "drawing-keys" }, t("drawing.keys")),
    el("ul", { class: "legend" }, used.map((r) => el("li", {}, shape(r), words(r)))),
    el("div", { class: "tools" }, button("drawing.in", () => zoom(state, 1.3)), button("drawing.out", () => zoom(state, 1 / 1.3)), button("drawing.fit", () => state.cy.fit(undefined, 24)),
      button("drawing.again", () => arrange(state)), boxes),
    el("div", { class: "frame" }, canvas, tip), slider(state),
    facts.all_ties > facts.ties.length ? el("p", { class: "quiet" }, t("drawing.ties", { shown: whole(facts.ties.length), all: whole(facts.all_ties) })) : null,
    monthChart(facts));
  drawn = state;
  // Words first: a drawing of hundreds of members takes a second.
  later(() => requestAnimationFrame(() => setTimeout(() => drawn === state && build(state))));
  return made;
}

/** Makes the drawing once the page is laid out, as it needs to know its size. */
function build(state) {
  const { facts, canvas } = state;
  const at = new Map(facts.members.map((m, i) => [m.id, i]));
  const most = Math.max(1, ...facts.members.map((m) => (m.received || 0) + (m.sent || 0)));
  const crowd = facts.members.length > CROWD;
  const places = start(facts.members);
  const thick = (state.thick = crowd ? 2.5 : 6);
  const nodes = facts.members.map((m, i) => {
    const share = Math.sqrt(((m.received || 0) + (m.sent || 0)) / most);
    const role = CY_SHAPES[roleOf(m)] ? roleOf(m) : "unknown";
    return { data: { id: `n${i}`, i, role, size: (crowd ? 30 : 22) + 26 * share, font: crowd && !m.apart && role !== "unknown" ? 24 : 11, label: `${short(m.id)}\n${words(roleOf(m))}` }, position: places.get(i) };
  });
  const largest = Math.max(1, ...facts.flows.map((f) => f[3] || 0));
  state.largest = largest;
  const edges = facts.flows.filter((f) => at.has(f[0]) && at.has(f[1])).map((f, i) => ({ data: { id: `f${i}`, source: `n${at.get(f[0])}`, target: `n${at.get(f[1])}`, flow: f, wide: 1 + thick * Math.sqrt((f[3] || 0) / largest) } }));
  const ties = facts.ties.filter((tie) => at.has(tie[0]) && at.has(tie[1])).map((tie, i) => ({ data: { id: `t${i}`, source: `n${at.get(tie[0])}`, target: `n${at.get(tie[1])}`, tie: tie[2], why: pooled(tie[3]), wide: 1.5 }, classes: "away" }));
  state.cy = cytoscape({
    container: canvas, elements: [...nodes, ...edges, ...ties], style: look(), layout: { name: "preset", fit: false },
    minZoom: 0.1, maxZoom: 4, boxSelectionEnabled: false, userZoomingEnabled: false,
    textureOnViewport: crowd, hideEdgesOnViewport: facts.flows.length > 1500,
  });
  if (crowd) {
    state.cy.edges().addClass("many");
    widen(state, state.cy.nodes());
  } else arrange(state);
  state.cy.fit(undefined, 24);
  wire(state);
  canvas.dataset.ready = "yes";
}

/** Where a member starts: those with most money in the middle, the others around, so that it is always the same. */
function start(members) {
  const ring = (m) => (m.apart ? 1 : roleOf(m) === "unknown" ? 2 : 0);
  const inside = members.map((m, at) => [at, ring(m), -((m.received || 0) + (m.sent || 0))]).sort((a, b) => a[1] - b[1] || a[2] - b[2] || a[0] - b[0]);
  const crowd = members.length > CROWD;
  // The middle is wide enough for the names of those who are drawn there.
  const inner = crowd ? inside.filter(([, group]) => !group).length : 0;
  const places = new Map();
  inside.forEach(([at], place) => {
    const radius = place < inner ? 100 * Math.sqrt(place) : crowd ? 50 * Math.sqrt(place + 4 * inner) : 60 * Math.sqrt(place);
    places.set(at, { x: (crowd ? 1.9 : 1.35) * radius * Math.cos(place * 2.399963), y: radius * Math.sin(place * 2.399963) });
  });
  return places;
}

function arrange(state) {
  const n = state.facts.members.length;
  const shown = state.cy.elements().not(".away");
  shown.layout({
    name: "cose", animate: false, randomize: false, fit: true, padding: 24, nodeDimensionsIncludeLabels: n <= CROWD,
    numIter: n > CROWD ? 120 : 800, nodeRepulsion: () => (n > CROWD ? 40000 : 90000), idealEdgeLength: () => (n > CROWD ? 60 : 110),
    nodeOverlap: 12, gravity: n > CROWD ? 1.2 : 0.8, componentSpacing: 60, edgeElasticity: () => 60, initialTemp: 200, minTemp: 1,
  }).run();
  widen(state, shown.nodes());
  state.cy.fit(undefined, 24);
  if (n > CROWD) return;
  state.cy.nodes().data("font", Math.min(22, Math.round(11 / state.cy.zoom())));
  // Names are drawn from pictures kept in the size of the letters before, which would cut them.
  state.cy.style(look());
  state.cy.fit(undefined, 24);
}
/** Uses the whole frame, which is seldom square: wide on a desk, tall in a hand. */
function widen({ cy }, nodes) {
  const box = nodes.boundingBox({ includeLabels: false });
  const by = (cy.width() / cy.height()) * (box.h / Math.max(1, box.w));
  const [x, y] = by > 1 ? [Math.min(2.2, by), 1] : [1, Math.min(2.2, 1 / by)];
  nodes.positions((node) => ({ x: node.position("x") * x, y: node.position("y") * y }));
}
function zoom(state, by) {
  state.cy.zoom({ level: state.cy.zoom() * by, renderedPosition: { x: state.cy.width() / 2, y: state.cy.height() / 2 } });
}

function wire(state) {
  const { cy, canvas } = state;
  const active = (on) => { cy.userZoomingEnabled(on); canvas.classList.toggle("active", on); };
  active(false);
  canvas.addEventListener("focus", () => active(true));
  canvas.addEventListener("blur", () => { active(false); hideTip(state); });
  canvas.addEventListener("pointerdown", () => canvas.focus({ preventScroll: true }));
  canvas.addEventListener("keydown", (e) => keys(state, e));
  cy.on("mouseover tap", "node, edge", (e) => showTip(state, e.target, e.renderedPosition));
  cy.on("mouseout", "node, edge", () => hideTip(state));
  cy.on("tap", (e) => e.target === cy && hideTip(state));
  cy.on("drag pan zoom", () => hideTip(state));
}

function keys(state, event) {
  const { cy } = state;
  const pan = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (pan) cy.panBy({ x: pan[0], y: pan[1] });
  else if (event.key === "+" || event.key === "=") zoom(state, 1.2);
  else if (event.key === "-") zoom(state, 1 / 1.2);
  else if (event.key === "0") cy.fit(undefined, 24);
  else if (event.key === "n" || event.key === "p") walk(state, event.key === "n" ? 1 : -1);
  else if (event.key === "Enter" && state.at !== undefined && state.facts.members[state.at].alert) location.hash = `#/case/${state.facts.members[state.at].alert}`;
  else if (event.key === "Escape" && !state.tip.hidden) hideTip(state);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
function walk(state, by) {
  const n = state.facts.members.length;
  state.at = ((state.at ?? (by > 0 ? -1 : 0)) + by + n) % n;
  const node = state.cy.getElementById(`n${state.at}`);
  const box = node.renderedBoundingBox();
  if (box.x1 < 0 || box.y1 < 0 || box.x2 > state.cy.width() || box.y2 > state.cy.height()) state.cy.center(node);
  showTip(state, node, node.renderedPosition());
  announce(state.tip.innerText);
}

function showTip(state, target, at) {
  const { cy, tip } = state;
  hideTip(state);
  tip.replaceChildren(...(target.isNode() ? nodeTip(state, target) : edgeTip(state, target)));
  tip.hidden = false;
  const near = target.isNode() ? target.closedNeighborhood() : target.union(target.connectedNodes());
  cy.batch(() => {
    cy.elements().not(near).addClass("dim");
    target.addClass("on");
  });
  const wide = cy.width() - tip.offsetWidth - 8;
  const high = cy.height() - tip.offsetHeight - 8;
  tip.style.left = `${Math.max(4, Math.min(wide, at.x + 14))}px`;
  tip.style.top = `${Math.max(4, at.y + 14 > high ? at.y - tip.offsetHeight - 14 : at.y + 14)}px`;
}
function hideTip(state) {
  state.tip.hidden = true;
  state.cy.batch(() => state.cy.elements(".dim, .on").removeClass("dim on"));
}
function nodeTip(state, node) {
  const m = state.facts.members[node.data("i")];
  return [
    el("strong", {}, idText(m.id)), el("p", {}, m.apart ? t("case.apart") : words(m.role), ", ", memberKind(m)),
    el("p", {}, m.roles.map(([r, s]) => `${words(r)} ${percent(s)}`).join(", ")),
    el("p", {}, t("network.received"), ": ", money(m.received), el("br"), t("network.sent"), ": ", money(m.sent)),
    m.alert && el("p", {}, el("a", { href: `#/case/${m.alert}` }, t("drawing.open"))),
  ].filter(Boolean);
}
function edgeTip(state, edge) {
  const [from, to] = [edge.source(), edge.target()].map((n) => state.facts.members[n.data("i")].id);
  if (edge.data("tie")) return [el("strong", {}, words(edge.data("tie"))), el("p", {}, idText(from), " – ", idText(to)), el("p", {}, prose(edge.data("why")))];
  const flow = edge.data("flow");
  const paid = within(state, flow);
  const sum = paid.reduce((all, p) => all + p[1], 0);
  const most = 8;
  return [
    el("strong", {}, idText(from), " → ", idText(to)),
    el("p", {}, count(flow[2], "count.payment"), ", ", money(flow[3]), ", ", span(flow[4], flow[5])),
    paid.length < flow[6].length && el("p", {}, t("drawing.within", { n: whole(paid.length), sum: money(sum) })),
    el("ul", { class: "plain" }, paid.slice(-most).map(([day, cents, tx]) => el("li", {}, `${dayText(day)}  ${money(cents)} `, el("small", {}, said(tx, 30))))),
    paid.length > most && el("p", {}, t("drawing.earlier", { n: whole(paid.length - most) })),
  ].filter(Boolean);
}

const within = (state, flow) => (state.from === null ? flow[6] : flow[6].filter((p) => p[0] >= state.from && p[0] <= state.to));

/** Two handles: payments outside are hidden, and the others are as wide as what was paid inside. */
function slider(state) {
  const days = state.facts.flows.flatMap((f) => f[6].map((p) => p[0]));
  if (!days.length) return null;
  const [first, last] = days.reduce(([a, b], d) => [Math.min(a, d), Math.max(b, d)], [Infinity, -Infinity]);
  if (first === last) return null;
  const told = el("output", { id: "window" });
  const handle = (key, value) => el("input", { type: "range", min: first, max: last, step: 1, id: `time-${key}`, value, oninput: move });
  const from = handle("from", first);
  const to = handle("to", last);
  from.value = first;
  to.value = last;
  function move(event) {
    if (Number(from.value) > Number(to.value)) (event.target === from ? to : from).value = event.target.value;
    [state.from, state.to] = [Number(from.value), Number(to.value)];
    const paid = state.facts.flows.flatMap((f) => within(state, f));
    told.textContent = t("time.window", { first: dayText(state.from), last: dayText(state.to), n: whole(paid.length), sum: money(paid.reduce((a, p) => a + p[1], 0)) });
    from.setAttribute("aria-valuetext", dayText(state.from));
    to.setAttribute("aria-valuetext", dayText(state.to));
    if (state.cy) filterTime(state);
  }
  move({ target: from });
  return el("fieldset", { class: "time" }, el("legend", {}, t("time.title")),
    el("label", {}, el("span", {}, t("time.from")), from), el("label", {}, el("span", {}, t("time.to")), to), told);
}
function filterTime(state) {
  const { cy } = state;
  cy.batch(() => cy.edges().forEach((edge) => {
    if (edge.data("tie")) return void edge.toggleClass("away", !state.kinds.has(edge.data("tie")));
    const flow = edge.data("flow");
    const paid = within(state, flow);
    edge.toggleClass("away", Boolean(state.hideFlows) || !paid.length);
    const sum = state.from === null ? flow[3] : paid.reduce((all, p) => all + p[1], 0);
    edge.data("wide", 1 + state.thick * Math.sqrt((sum || 0) / state.largest));
  }));
}
function recolour() {
  if (drawn?.cy && document.contains(drawn.canvas)) drawn.cy.style(look());
}
/** A still picture of the whole drawing for paper, as the live one is painted later than a browser prints. */
function still() {
  if (!drawn?.cy || !document.contains(drawn.canvas)) return;
  hideTip(drawn);
  recolour();
  const painted = drawn.cy.renderer().bufferCanvasImage({ full: true, scale: 2, maxWidth: 1800, maxHeight: 1400, bg: "#fff" });
  // Copied dot by dot: a canvas that was drawn on is printed as its thousands of strokes.
  const made = el("canvas", { class: "still", width: painted.width, height: painted.height });
  const dots = painted.getContext("2d").getImageData(0, 0, painted.width, painted.height);
  made.getContext("2d").putImageData(dots, 0, 0);
  drawn.canvas.parentNode.append(made);
}
