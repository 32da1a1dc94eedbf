// One number a time step for each cell, as bars side by side (as lines where the steps are narrow): the gradient that
// arrives there, on a logarithmic scale, or a difference, on an even one. The marked step is the page's.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { publishTopics } from "./tick.js";
import { follow, here, stepOf } from "./pointing.js";
import { crisp, line, spread } from "./plot.js";
import { writer } from "./formula.js";

const STYLE = `
  .head { gap: 0 8px; }
  .head .choice { display: inline-flex; gap: 4px; margin-left: auto; align-self: center; flex: none; }
  .keys { display: flex; flex-wrap: wrap; gap: 0 12px; font-size: 12px; color: var(--st-gray-text-color); min-height: 18px; }
  .keys span { display: inline-flex; align-items: center; gap: 5px; white-space: nowrap; }
  .keys i { width: 9px; height: 9px; border-radius: 2px; flex: none; }
  .keys b { font-weight: 400; color: var(--st-text-color); min-width: 7ch; }
  canvas { width: 100%; touch-action: pan-y; border-radius: 4px; cursor: crosshair; }
  .finding { font-size: 12px; color: var(--st-gray-text-color); min-height: 18px; }
  .finding:empty { display: none; }
`;
const MARGIN = { left: 38, right: 4, top: 6, bottom: 20 };
const LEAST = 1e-12;
const DEEPEST = 9; // decades below the largest that are shown

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const choice = head.appendChild(make("span", "choice", { attributes: { role: "group" } }));
  const keys = make("div", "keys");
  const canvas = make("canvas", "", { tabIndex: 0, attributes: { role: "application" } });
  const finding = make("div", "finding");
  stage.box.replaceChildren(head, keys, canvas, finding);
  const view = { stage, title, note, choice, keys, canvas, finding, paper: fit(canvas, stage), told: null, config: null, series: null };
  follow(canvas, () => view.config.channel, {
    read: (x) => (view.frame ? { step: view.frame.stepAt(x) } : null),
    step: (across) => ({ step: Math.max(0, Math.min(stepOf(here(view.config.channel), view.frame?.count ?? 1) + across, (view.frame?.count ?? 1) - 1)) }),
  });

  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      view.series ??= tick.meta.series[0][0];
      canvas.style.height = `${tick.meta.height}px`;
      stage.hear(tick.meta.channel, tick.meta.topic, (told) => { view.told = told; draw(view); });
      stage.hear(tick.meta.channel, "at", () => draw(view));
      publishTopics(tick.meta.channel, tick);
      draw(view);
    },
    draw: () => draw(view),
  };
});

function draw(view) {
  const { config, told, stage } = view;
  if (!config) return;
  say(view.title, config.title);
  drawChoice(view);
  const cells = (told?.cells ?? []).filter(({ name }) => told.arrays[`${name}.${view.series}`]);
  say(view.note, told?.note ?? (cells.length ? "" : config.words.none));
  if (!cells.length) return void view.paper();
  const steps = told.count;
  const step = stepOf(here(config.channel), steps);
  view.frame = paint(view.paper(), { cells, told, series: view.series, step, steps, log: config.log, theme: stage.theme,
    language: config.language });
  const readings = cells.map((cell) => [cell, reading(told, cell, view.series, step, config)]);
  drawKeys(view, readings);
  say(view.finding, told.findings?.[view.series] ?? "");
  const list = readings.map(([{ title: name }, text]) => `${name} ${text}`).join(", ");
  mark(view.canvas, "aria-label", `${config.title}. ${fill(config.words.reading, { step, values: list })} ${told.findings?.[view.series] ?? ""}`);
}

function drawChoice(view) {
  const { config, choice } = view;
  const key = config.series.map(String).join();
  if (choice.dataset.key !== key) {
    choice.dataset.key = key;
    choice.hidden = config.series.length < 2;
    choice.replaceChildren(...config.series.map(([name, text]) => {
      const button = make("button", "quiet", { type: "button", text });
      button.onclick = () => { view.series = name; draw(view); };
      return button;
    }));
  }
  config.series.forEach(([name], at) => mark(choice.children[at], "aria-pressed", name === view.series));
}

function drawKeys({ keys, stage }, readings) {
  while (keys.children.length > readings.length) keys.lastChild.remove();
  while (keys.children.length < readings.length) {
    const node = make("span");
    node.append(make("i"), make("span"), make("b", "mono"));
    keys.append(node);
  }
  readings.forEach(([{ name, title }, text], at) => {
    const [swatch, label, value] = keys.children[at].children;
    swatch.style.background = stage.theme[name];
    say(label, title);
    say(value, text);
  });
}

const valueOf = (told, { name }, series, step) => told.arrays[`${name}.${series}`][step];

function reading(told, cell, series, step, { language, log }) {
  const value = valueOf(told, cell, series, step);
  if (value === undefined || !Number.isFinite(value)) return "–";
  return log ? writer(language, 3)(value) : new Intl.NumberFormat(language, { maximumFractionDigits: 3 }).format(value);
}

function paint({ painter, width, height }, scene) {
  const { steps, step, theme, told } = scene;
  const frame = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom, count: steps };
  const column = (frame.right - frame.left) / steps;
  frame.stepAt = (x) => Math.max(0, Math.min(Math.floor((x - frame.left) / column), steps - 1));
  painter.fillStyle = theme.neutral;
  painter.fillRect(frame.left + step * column, frame.top, column, frame.bottom - frame.top);
  const y = scene.log ? logScale(painter, frame, scene) : evenScale(painter, frame, scene);
  if (column >= 3 * scene.cells.length) drawBars(painter, frame, column, y, scene);
  else drawLines(painter, frame, column, y, scene);
  drawSymbols(painter, frame, column, told, step, theme, height);
  return frame;
}

function all({ cells, told, series }) {
  return cells.flatMap((cell) => [...told.arrays[`${cell.name}.${series}`]]).filter((value) => Number.isFinite(value));
}

function logScale(painter, frame, scene) {
  const values = all(scene).filter((value) => value > LEAST);
  const high = Math.ceil(Math.log10(values.length ? Math.max(...values) : 1) + 1e-9);
  const low = Math.max(Math.floor(Math.log10(values.length ? Math.min(...values) : 0.1)), high - DEEPEST);
  const bottom = Math.min(low, high - 2);
  const y = (value) => frame.bottom - (frame.bottom - frame.top) * Math.max(0, (Math.log10(Math.max(value, LEAST)) - bottom) / (high - bottom));
  const stride = high - bottom > 5 ? 2 : 1;
  for (let power = high; power >= bottom; power -= stride) rule(painter, frame, y(10 ** power), `1e${power}`.replace("-", "−").replace(/^1e0$/, "1"), scene.theme);
  return y;
}

function evenScale(painter, frame, scene) {
  const high = Math.max(...all(scene), scene.told.most ?? 1e-6);
  const y = (value) => frame.bottom - (frame.bottom - frame.top) * (value / high);
  const format = new Intl.NumberFormat(scene.language, { maximumSignificantDigits: 2 });
  for (const tick of spread(0, high)) rule(painter, frame, y(tick), format.format(tick), scene.theme);
  return y;
}

function rule(painter, frame, y, text, theme) {
  Object.assign(painter, { strokeStyle: theme.line, lineWidth: 1, fillStyle: theme.muted, font: `11px ${theme.mono}`, textAlign: "right", textBaseline: "middle" });
  line(painter, frame.left, crisp(y), frame.right, crisp(y));
  painter.fillText(text, frame.left - 5, y);
}

function drawBars(painter, frame, column, y, scene) {
  const wide = (column - 2) / scene.cells.length;
  scene.cells.forEach((cell, at) => {
    painter.fillStyle = scene.theme[cell.name];
    for (let step = 0; step < scene.steps; step++) {
      const value = valueOf(scene.told, cell, scene.series, step);
      if (!Number.isFinite(value) || value <= 0) continue;
      const top = Math.max(y(value), frame.top - 2);
      painter.fillRect(frame.left + step * column + 1 + at * wide, top, Math.max(wide - 0.5, 1), Math.max(frame.bottom - top, 1));
    }
  });
}

function drawLines(painter, frame, column, y, scene) {
  for (const cell of scene.cells) {
    painter.strokeStyle = scene.theme[cell.name];
    painter.lineWidth = 1.75;
    painter.beginPath();
    for (let step = 0; step < scene.steps; step++) {
      const value = valueOf(scene.told, cell, scene.series, step);
      if (Number.isFinite(value)) painter.lineTo(frame.left + (step + 0.5) * column, y(value));
    }
    painter.stroke();
  }
}

function drawSymbols(painter, frame, column, told, step, theme, height) {
  Object.assign(painter, { font: `11px ${theme.mono}`, textAlign: "center", textBaseline: "alphabetic" });
  const widest = told.inputs ? Math.max(...told.inputs.map((text) => painter.measureText(text).width)) : Infinity;
  for (let at = 0; at < told.count; at++) {
    const text = told.inputs?.[at] ?? String(at);
    if (widest > column + 2 && at !== step) continue;
    painter.fillStyle = at === step ? theme.ink : theme.muted;
    painter.fillText(text === " " ? "·" : text, frame.left + (at + 0.5) * column, height - 6);
  }
}
