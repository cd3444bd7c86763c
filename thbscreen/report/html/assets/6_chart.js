// Charts of money over time, with the same numbers as a table for those who cannot see them.
/* global uPlot */
let charts = [];

function bars(x, series, label, title) {
  const holder = el("div", { class: "chart", role: "img", "aria-label": label });
  const draw = (wide) => {
    const ink = colour("text");
    const line = colour("line");
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const made = new uPlot({
      width: wide, height: 220, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false } }, legend: { show: true, live: true },
      scales: { x: { time: true, range: (_, a, b) => [a - x.pad, b + x.pad] } },
      axes: [
        x.months
          ? { ...axis, splits: (chart) => x.at.filter((_, i) => i % Math.ceil((x.at.length * 64) / Math.max(64, chart.width - 100)) === 0), values: (_, ticks) => ticks.map((s) => dayText(s / 86400).slice(0, 7)) }
          : { ...axis, values: (_, ticks, __, ___, step) => ticks.map((s) => dayText(s / 86400).slice(step >= 86400 * 27 ? 0 : 5, step >= 86400 * 27 ? 7 : 10)), space: 70 },
        { ...axis, size: 76, values: (_, ticks) => ticks.map((v) => whole(v)) },
      ],
      series: [
        { label: title, value: (_, s) => (s === null ? "" : dayText(s / 86400).slice(0, x.letters)) },
        ...series.map((s) => ({ label: s.label, stroke: colour(s.colour), fill: colour(s.colour), width: 1, paths: uPlot.paths.bars({ size: [0.8, 40], align: s.align ?? 0 }), points: { show: false }, value: (_, v) => (v === null || v === undefined ? "" : money(Math.round(v * 100))) })),
      ],
    }, [x.at, ...series.map((s) => s.values)], holder);
    charts.push({ made, holder, draw });
  };
  later(() => draw(Math.max(240, holder.clientWidth)));
  return holder;
}

/** Money into and out of the accounts, per week: in above the line, out below it. */
function weekChart(weeks) {
  const x = { at: weeks.map((w) => w[0] * 86400), pad: 7 * 86400, letters: 10 };
  const series = [
    { label: t("time.into"), colour: "into", values: weeks.map((w) => w[1] / 100) },
    { label: t("time.out"), colour: "out", values: weeks.map((w) => -w[2] / 100) },
  ];
  return [el("p", { class: "lead" }, t("time.lead")), bars(x, series, t("time.chart", { n: weeks.length }), t("time.week")),
    numbers(t("time.chart", { n: weeks.length }), [t("time.week"), t("time.into"), t("time.out")], weeks.map((w) => [dayText(w[0]), money(w[1]), money(w[2])]))];
}

/** Payments between members per month. */
function monthChart(facts) {
  const months = new Map();
  for (const flow of facts.flows) for (const [day, cents] of flow[6]) {
    const month = dayText(day).slice(0, 7);
    const held = months.get(month) ?? [0, 0];
    months.set(month, [held[0] + 1, held[1] + cents]);
  }
  if (!months.size) return null;
  const rows = [...months].sort((a, b) => order(a[0], b[0]));
  const x = { at: rows.map(([m]) => Date.parse(`${m}-01T00:00:00Z`) / 1000), pad: 20 * 86400, letters: 7, months: true };
  return el("div", {}, el("h3", {}, t("time.months")),
    bars(x, [{ label: t("time.paid"), colour: "flow", values: rows.map(([, r]) => r[1] / 100) }], t("time.months"), t("time.month")),
    numbers(t("time.months"), [t("time.month"), t("flow.n"), t("time.paid")], rows.map(([m, r]) => [m, whole(r[0]), money(r[1])])));
}
function numbers(caption, heads, rows) {
  const columns = heads.map((label, i) => ({ label, num: i > 0, cell: (r) => r[i] }));
  return el("details", { class: "numbers onpaper" }, el("summary", {}, t("time.numbers")), table(caption, columns, rows));
}
/** Draws the charts anew, as a chart keeps its colours: for paper in its width, or as wide as there is room. */
function redraw(wide) {
  const old = charts.filter((c) => document.contains(c.holder));
  charts = [];
  for (const { made, holder, draw } of old) {
    made.destroy();
    draw(wide ?? Math.max(240, holder.clientWidth));
  }
}
function resizeCharts() {
  charts = charts.filter((c) => document.contains(c.holder));
  for (const { made, holder } of charts) made.setSize({ width: Math.max(240, holder.clientWidth), height: 220 });
}
