// Deletion and insertion curves: every method a thin line, the picked one strong, a random order dashed; a pointed line
// says which it is (pages/ui/removal.py).

const version = new URL(import.meta.url).search;
const { component, fill, fit, make, mark, say } = await import(`./panel.js${version}`);
const { drawCurve, openFrame } = await import(`./shares.js${version}`);

const STYLE = `
  .panel.stale { opacity: .4; }
  .panel { display: grid; gap: 4px; align-content: start; }
  canvas { width: 100%; height: 112px; cursor: default; }
  .chart + .chart { margin-top: 4px; }
  .head { flex-wrap: wrap; gap: 0 8px; }
  .head .note { white-space: nowrap; }
  .note b { font-weight: 600; color: var(--st-text-color); }
`;

export default component(STYLE, (stage) => {
  const view = { stage, tick: null, charts: [] };
  view.charts = ["deletion", "insertion"].map((kind) => openChart(view, kind));
  stage.box.replaceChildren(...view.charts.map(({ box }) => box));
  return {
    update(tick) {
      if (tick.meta.words) view.tick = tick;
      stage.box.classList.toggle("stale", tick.meta.stale === true);
    },
    draw() { if (view.tick) view.charts.forEach((chart) => drawChart(view, chart)); },
  };
});

function openChart(view, kind) {
  const box = make("div", "chart");
  const head = box.appendChild(make("div", "head"));
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note mono"))];
  const canvas = box.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  const chart = { kind, box, title, note, canvas, paper: fit(canvas, view.stage), pointed: -1, frame: null };
  canvas.onpointermove = (event) => point(view, chart, event);
  canvas.onpointerleave = () => { chart.pointed = -1; drawChart(view, chart); };
  return chart;
}

function point(view, chart, event) {
  const { meta, arrays } = view.tick ?? {};
  if (!meta || !chart.frame) return;
  const box = chart.canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const [rows, count] = arrays[chart.kind].shape;
  const at = Math.round(((x - chart.frame.left) / (chart.frame.right - chart.frame.left)) * (count - 1));
  const away = Array.from({ length: rows }, (_, row) => Math.abs(chart.frame.y(arrays[chart.kind][row * count + at]) - y));
  const near = away.reduce((best, value, row) => (value < away[best] ? row : best), 0);
  chart.pointed = away[near] < 14 ? near : -1;
  drawChart(view, chart);
}

function drawChart(view, chart) {
  const { meta, arrays } = view.tick;
  const { theme } = view.stage;
  const { painter, width, height } = chart.paper();
  const [rows, count] = arrays[chart.kind].shape;
  const areas = [...arrays[`${chart.kind}_areas`]];
  const format = new Intl.NumberFormat(meta.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  chart.frame = openFrame({ painter, width, height }, { last: count - 1, low: 0, high: 1, ticks: [0, 0.5, 1] }, theme, meta.language);
  const row = (at) => arrays[chart.kind].subarray(at * count, (at + 1) * count);
  for (let at = 0; at < rows; at++) if (at !== meta.picked && at !== chart.pointed) drawCurve(painter, chart.frame, row(at), styleOf(at, meta, theme));
  if (meta.picked >= 0) drawCurve(painter, chart.frame, row(meta.picked), { colour: theme.blue, width: 2.25 });
  if (chart.pointed >= 0) drawCurve(painter, chart.frame, row(chart.pointed), { colour: theme.ink, width: 2 });
  say(chart.title, meta.words[chart.kind]);
  const named = chart.pointed >= 0 ? chart.pointed : meta.picked;
  say(chart.note, named < 0 ? "" : fill(meta.words.area, { name: meta.names[named], area: format.format(areas[named]) }));
  mark(chart.canvas, "title", meta.words[`${chart.kind}_hint`]);
  const all = meta.names.map((name, at) => fill(meta.words.area, { name, area: format.format(areas[at]) }));
  mark(chart.canvas, "aria-label", `${meta.words[chart.kind]}: ${all.join("; ")}`);
}

function styleOf(at, meta, theme) {
  const kind = meta.kinds[at];
  if (kind === "random") return { colour: theme.muted, width: 1.5, dash: [2, 3] };
  if (kind === "edges") return { colour: theme.orange, width: 1.5, dash: [5, 4] };
  return { colour: theme.grey, width: 1, alpha: 0.45 };
}
