// Line charts over the steps of a run, one below the other: light grid, values in the head, a cursor, marks of changes.

import { component, fill, fit, make, mark, numbers, say } from "./panel.js";
import { paintChart, stepAt, valueAt } from "./plot.js";
import { publishTopics } from "./tick.js";

const STYLE = `
  .panel { display: flex; flex-direction: column; gap: 6px; }
  .head { gap: 0 10px; flex-wrap: wrap; }
  .key { display: inline-flex; align-items: baseline; gap: 4px; font-size: 12px; color: var(--st-gray-text-color); }
  .key i { width: 10px; height: 0; border-top: 2px solid; align-self: center; flex: none; }
  .key b { font-weight: 400; color: var(--st-text-color); min-width: 6ch; }
  .note { flex: 1 1 0; }
  .head button.quiet { align-self: center; }
  canvas { width: 100%; touch-action: pan-y; border-radius: 4px; }
`;

export default component(STYLE, (stage) => {
  let config = null;
  let told = null;
  let views = [];
  const cursor = { step: null, rewound: null };

  function draw() {
    if (!told) return;
    for (const view of views) view.draw();
  }

  function setCursor(step) {
    cursor.step = step;
    draw();
  }

  function rebuild(charts) {
    views = charts.map((chart) => openChart(stage, chart, { config: () => config, told: () => told, cursor, setCursor }));
    stage.box.replaceChildren(...views.flatMap((view) => view.nodes));
    stage.box.style.minHeight = "0"; // the charts have their own heights
  }

  return {
    update(tick) {
      const { meta } = tick;
      const changed = JSON.stringify(meta.charts) !== JSON.stringify(config?.charts);
      config = meta;
      if (changed) rebuild(meta.charts ?? []);
      stage.hear(meta.channel, "moment", ({ step }) => { cursor.rewound = step; draw(); });
      stage.hear(meta.channel, "curves", (value) => { told = value; draw(); });
      publishTopics(meta.channel, tick);
    },
    draw,
  };
});

function openChart(stage, chart, shared) {
  const head = make("div", "head");
  const keys = chart.lines.map((line) => openKey(line));
  const note = make("span", "note");
  head.append(make("span", "title", { text: chart.title }), ...keys.map(({ node }) => node), note);
  const canvas = make("canvas", "", { tabIndex: 0, attributes: { role: "img" } });
  canvas.style.height = `${chart.height}px`;
  const paper = fit(canvas, stage);
  const view = { chart, keys, note, canvas, paper, log: false, nodes: [head, canvas] };
  if (chart.log) head.append(openLogSwitch(view, shared.config().words.log));
  view.draw = () => drawChart(view, stage, shared);
  listen(view, shared);
  return view;
}

function openKey(line) {
  const node = make("span", "key");
  const [swatch, value] = [make("i"), make("b", "mono")];
  node.append(swatch, make("span", "", { text: line.label }), value);
  node.hidden = !line.label;
  return { line, node, swatch, value };
}

function openLogSwitch(view, word) {
  const button = make("button", "quiet", { type: "button", text: word, attributes: { "aria-pressed": false } });
  button.onclick = () => {
    view.log = !view.log;
    mark(button, "aria-pressed", view.log);
    view.draw();
  };
  return button;
}

function listen(view, { told, cursor, setCursor }) {
  const { canvas } = view;
  const leave = () => setCursor(null);
  canvas.onpointermove = canvas.onpointerdown = (event) => view.frame && setCursor(stepAt(view.frame, event.offsetX));
  canvas.onpointerleave = canvas.onblur = leave;
  canvas.onkeydown = (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!told() || !(way || event.key === "Escape")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!way) return leave();
    setCursor(neighbour(told(), view.chart, cursor.step ?? told().step, way));
  };
}

// The nearest step, in one direction, at which a curve has a point or a change was made.
function neighbour(told, chart, step, way) {
  const points = chart.lines.flatMap(({ name }) => {
    const curve = told.arrays[name];
    return curve ? [...curve.subarray(0, curve.shape[1])] : [];
  });
  const beyond = [...points, ...(told.marks ?? []).map((one) => one.step)].filter((at) => way * (at - step) > 0);
  return beyond.length ? way * Math.min(...beyond.map((at) => way * at)) : step;
}

function drawChart(view, stage, { config, told, cursor }) {
  const { words, language } = config();
  const value = told();
  const at = cursor.step ?? cursor.rewound;
  const format = numbers(language, view.chart.unit);
  const write = (number) => (number === undefined ? "" : Number.isFinite(number) ? format(number) : words.nan);
  view.frame = paintChart(view.paper(), { chart: view.chart, log: view.log, value, theme: stage.theme, words, language,
    at, pointed: cursor.step !== null });
  const figures = view.keys.map(({ line }) => valueAt(value.arrays[line.name], at ?? Infinity));
  const readings = view.keys.map(({ line }, index) => [line.label, write(figures[index])]);
  view.keys.forEach((key, index) => {
    const broken = figures[index] !== undefined && !Number.isFinite(figures[index]);
    say(key.value, broken ? "NaN" : readings[index][1]);
    key.value.title = broken ? words.nan : "";
    key.swatch.style.borderTopColor = stage.theme[key.line.colour] ?? stage.theme.grey;
  });
  say(view.note, value.notes?.[view.chart.name] ?? view.chart.note ?? "");
  describe(view, readings.filter(([label, text]) => label && text), at ?? value.step, words);
}

function describe(view, readings, step, words) {
  const list = readings.map(([label, text]) => `${label} ${text}`).join(", ");
  const text = list ? fill(words.reading, { chart: view.chart.title, values: list, step: Math.round(step ?? 0) }) : view.chart.title;
  mark(view.canvas, "aria-label", text);
}
