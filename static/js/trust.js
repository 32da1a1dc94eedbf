// The trust meter of one map: how like itself it stays while the network's layers are randomised from the top, with the
// maps themselves below, and in words what else was measured (pages/ui/trust.py).

const version = new URL(import.meta.url).search;
const { component, fit, make, mark, say } = await import(`./panel.js${version}`);
const { dot } = await import(`./plot.js${version}`);
const { drawCurve, openFrame } = await import(`./shares.js${version}`);
const { drawMap } = await import(`./mapcell.js${version}`);

const STYLE = `
  .panel.stale { opacity: .4; }
  .panel { display: grid; gap: 6px; align-content: start; }
  .head { flex-wrap: wrap; gap: 0 12px; }
  .key { display: inline-flex; align-items: center; gap: 5px; font-size: 12px; color: var(--st-gray-text-color); white-space: nowrap; }
  .key i { width: 12px; height: 0; border-top: 2px solid; flex: none; }
  .chart { width: 100%; height: 128px; }
  .strip { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); margin: 0 0 0 30px; }
  .strip figure { margin: 0 auto; width: min(48px, 94%); min-width: 0; }
  .strip canvas { width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 4px; }
  .strip figcaption { font-size: 11px; line-height: 14px; color: var(--st-gray-text-color); text-align: center; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .verdict { font-weight: 600; line-height: 18px; min-height: 18px; }
  dl { margin: 0; display: grid; gap: 2px; font-size: 12.5px; line-height: 17px; }
  dl div { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 10px; }
  dt { color: var(--st-gray-text-color); } dd { margin: 0; text-align: right; white-space: nowrap; font-size: 12px; }
`;

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const canvas = make("canvas", "chart", { attributes: { role: "img" } });
  const strip = make("div", "strip", { attributes: { role: "group" } });
  const verdict = make("div", "verdict", { attributes: { role: "status" } });
  const facts = make("dl");
  stage.box.replaceChildren(head, canvas, strip, verdict, facts);
  const view = { stage, head, strip, verdict, facts, canvas, paper: fit(canvas, stage), tick: null, told: "", built: "" };

  return {
    update(tick) {
      if (!tick.meta.words) return;
      view.tick = tick;
    },
    draw() { if (view.tick) draw(view); },
  };
});

function draw(view) {
  const { tick, stage } = view;
  const { meta } = tick;
  const heading = JSON.stringify([meta.words, meta.facts, meta.names, stage.theme.blue]);
  if (heading !== view.built) build(view, heading);
  stage.box.classList.toggle("stale", meta.stale === true);
  say(view.verdict, meta.verdict);
  mark(view.canvas, "aria-label", meta.spoken);
  paintChart(view);
  view.maps.forEach((canvas, at) => {
    canvas.style.visibility = at < meta.shown ? "" : "hidden";
    if (at < meta.shown) drawMap(canvas, tick.arrays.maps, at, "diverging", stage.theme);
  });
}

function build(view, heading) {
  const { meta } = view.tick;
  const { theme } = view.stage;
  view.built = heading;
  const keys = [[theme.blue, meta.words.absolute], [theme.grey, meta.words.signed], [theme.orange, meta.words.edges]];
  view.head.replaceChildren(make("span", "title", { text: meta.words.title }), ...keys.map(([colour, text]) => {
    const key = make("span", "key", { text });
    const swatch = make("i");
    swatch.style.borderColor = colour;
    key.prepend(swatch);
    return key;
  }));
  view.maps = [];
  view.strip.replaceChildren(...meta.names.map((name) => {
    const figure = make("figure", "", { title: name });
    view.maps.push(figure.appendChild(make("canvas")));
    figure.append(make("figcaption", "", { text: name }));
    return figure;
  }));
  view.facts.replaceChildren(...meta.facts.map(({ name, value, hint }) => {
    const row = make("div", "", { title: hint });
    row.append(make("dt", "", { text: name }), make("dd", "mono", { text: value }));
    return row;
  }));
}

function paintChart({ paper, tick, stage }) {
  const { meta, arrays } = tick;
  const { theme } = stage;
  const { painter, width, height } = paper();
  const stops = meta.names.length;
  const shape = { last: Math.max(stops - 1, 1), low: -0.25, high: 1, ticks: [0, 0.5, 1], inset: (width - 36) / stops / 2 };
  const frame = openFrame({ painter, width, height }, shape, theme, meta.language);
  const level = Array(stops).fill(meta.likeness);
  drawCurve(painter, frame, level, { colour: theme.orange, dash: [5, 4], width: 1.5 });
  for (const [name, colour] of [["signed", theme.grey], ["absolute", theme.blue]]) {
    const [draws, count] = arrays[name].shape;
    const rows = Array.from({ length: draws }, (_, draw) => [...arrays[name].subarray(draw * count, (draw + 1) * count)]);
    for (const row of rows) drawCurve(painter, frame, row, { colour, width: 1, alpha: 0.3 });
    const mean = Array.from({ length: count }, (_, at) => average(rows.map((row) => row[at]).filter(Number.isFinite)));
    drawCurve(painter, frame, mean, { colour });
    painter.fillStyle = colour;
    mean.forEach((value, at) => Number.isFinite(value) && dot(painter, frame.x(at), frame.y(value), 2.5));
  }
}

const average = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
