// The forward process: a picture, its noise, and what is left of it at the time of the slider. Everything is here.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { densities, meanOf, mixNoise, paintHistogram, paintPixels, paintSchedules } from "./noisepaint.js";
import { openScrubber, SCRUBBER_STYLE } from "./scrubber.js";

const STYLE = `${SCRUBBER_STYLE}
  .sum { display: grid; grid-template-columns: auto auto auto auto auto minmax(200px, 1fr); gap: 4px 12px; align-items: center; }
  figure { margin: 0; display: grid; gap: 3px; justify-items: center; }
  figcaption { font-size: 12px; color: var(--st-gray-text-color); white-space: nowrap; text-align: center; }
  figcaption b { font-weight: 500; color: var(--st-text-color); }
  figure canvas { image-rendering: pixelated; border-radius: 6px; box-shadow: 0 0 0 1px var(--st-border-color); }
  .part canvas { width: 136px; height: 136px; }
  .whole canvas { width: 256px; height: 256px; border-radius: 10px; }
  .sign { font-size: 22px; color: var(--st-gray-text-color); padding-bottom: 18px; }
  .chart { min-width: 0; align-self: stretch; display: flex; flex-direction: column; }
  .chart canvas { width: 100%; height: 128px; border-radius: 4px; touch-action: pan-y; }
  .sum .chart canvas { flex: 1; height: 236px; }
  .chart .said { font-size: 12px; color: var(--st-gray-text-color); min-height: 18px; }
  .film { display: flex; justify-content: space-between; margin-top: 10px; }
  .film button { padding: 0; border: 0; background: none; cursor: pointer; border-radius: 5px; flex: 0 1 52px; min-width: 0; }
  .film canvas { width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 5px; display: block; }
  .film button[aria-pressed=true] canvas { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
  .below { display: grid; grid-template-columns: 1fr 1fr 1.25fr; gap: 24px; margin-top: 8px; }
  .walk { display: grid; grid-template-columns: 104px 1fr; gap: 16px; }
  .walk .part canvas { width: 104px; height: 104px; }
  .walk .part { align-self: start; padding-top: 20px; } .walk figcaption { white-space: pre; }
  .keys { display: flex; flex-wrap: wrap; gap: 0 12px; min-height: 18px; }
  .key { display: inline-flex; align-items: center; gap: 5px; font-size: 12px; color: var(--st-gray-text-color); }
  .key b { font-weight: 400; color: var(--st-text-color); min-width: 12ch; }
  .key i { width: 12px; height: 0; border-top: 2px solid; } .key i.bar { height: 9px; border: 0; border-radius: 2px; }
  @media (max-width: 760px) {
    .panel { display: grid; grid-template-columns: 1fr auto 1fr; gap: 6px; align-items: center; }
    .sum { display: contents; } .sum .sign.is { display: none; }
    .whole { grid-column: 1 / -1; } .panel > * { grid-column: 1 / -1; }
    .whole, .film, .scrubber { order: -1; } .sum .chart { grid-column: 1 / -1; }
    .sum .chart canvas { height: 150px; flex: none; }
    .film { padding: 0 !important; margin: 0; gap: 2px; } .below { grid-template-columns: minmax(0, 1fr); gap: 14px; }
    .scrubber output { min-width: 0 !important; }
  }
`;
const FILM = 11; // pictures under the main one
const HIGH = 0.8; // of the histograms
const REST = 500; // milliseconds after the last move until the time is told to Python, for the link

export default component(STYLE, (stage) => {
  const view = { stage, meta: null, arrays: null, timer: 0, film: [] };
  layOut(view);
  return {
    update({ meta, arrays }, { data, setStateValue }) {
      if (!meta.channel) return;
      view.tell = (time) => setStateValue("t", time);
      if (data === view.seen) return;
      const first = !view.meta;
      Object.assign(view, { seen: data, meta, arrays, side: Math.sqrt(arrays.picture.length) });
      configure(view);
      if (first) view.scrubber.set(meta.t);
    },
    draw: () => view.meta && draw(view),
    end: () => clearTimeout(view.timer),
  };
});

function layOut(view) {
  const { stage } = view;
  const sum = make("div", "sum");
  [view.signal, view.noise, view.whole] = ["part", "part", "whole"].map((name) => openFigure(name));
  view.values = openChart(stage);
  sum.append(view.signal.node, make("span", "sign", { text: "+" }), view.noise.node, make("span", "sign is", { text: "=" }),
    view.whole.node, view.values.node);
  view.strip = make("div", "film", { attributes: { role: "group" } });
  view.scrubber = openScrubber(stage, () => { draw(view); rest(view); });
  const below = make("div", "below");
  [view.curves, view.ratio] = [openChart(stage), openChart(stage)];
  for (const chart of [view.curves, view.ratio]) follow(chart, view.scrubber);
  const walk = make("div", "walk");
  view.walked = openFigure("part");
  view.pixel = openChart(stage);
  view.keys = openKeys(view.pixel);
  walk.append(view.walked.node, view.pixel.node);
  below.append(view.curves.node, view.ratio.node, walk);
  stage.box.replaceChildren(sum, view.strip, view.scrubber.node, below);
}

function openFigure(name) {
  const node = make("figure", name);
  const canvas = node.appendChild(make("canvas", "", { width: 28, height: 28, attributes: { role: "img" } }));
  return { node, canvas, caption: node.appendChild(make("figcaption", "mono")) };
}

function openChart(stage) {
  const node = make("div", "chart");
  const head = node.appendChild(make("div", "head"));
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const canvas = node.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  return { node, title, note, canvas, paper: fit(canvas, stage), said: node.appendChild(make("div", "said")) };
}

// A pull over a chart moves the time.
function follow(chart, scrubber) {
  chart.canvas.style.cursor = "ew-resize";
  chart.canvas.onpointerdown = chart.canvas.onpointermove = (event) => {
    if (!event.buttons || !chart.frame) return;
    if (event.type === "pointerdown") chart.canvas.setPointerCapture(event.pointerId);
    scrubber.set(chart.frame.across(event.offsetX));
  };
}

function rest(view) {
  clearTimeout(view.timer);
  view.timer = setTimeout(() => view.stage.root.isConnected && view.tell(view.scrubber.index), REST);
}

function configure(view) {
  const { meta, arrays, scrubber } = view;
  const { words } = meta;
  const [schedules, times] = arrays.signals.shape;
  const rows = (name) => Array.from({ length: schedules }, (_, at) => arrays[name].subarray(at * times, (at + 1) * times));
  [view.signals, view.spreads] = ["signals", "spreads"].map(rows);
  view.shares = view.signals.map((curve) => curve.map((signal) => signal ** 2));
  view.ratios = view.signals.map((curve, one) => curve.map((signal, at) => 2 * Math.log10(Math.max(signal, 1e-5) / Math.max(view.spreads[one][at], 1e-5))));
  const count = new Intl.NumberFormat(meta.language);
  scrubber.configure({ last: times - 1, stride: meta.every, words, label: words.time,
    write: (time) => fill(words.at, { t: count.format(time), last: count.format(times - 1) }) });
  say(view.values.title, words.values);
  say(view.curves.title, words.left);
  say(view.ratio.title, words.ratio);
  say(view.pixel.title, words.pixel);
  arrangeFilm(view, times - 1);
}

function openKeys(chart) {
  const keys = make("div", "keys");
  const [one, other] = ["bar", ""].map((name) => {
    const key = keys.appendChild(make("span", "key"));
    return { swatch: key.appendChild(make("i", name)), text: key.appendChild(make("span")), value: key.appendChild(make("b", "mono")) };
  });
  chart.node.insertBefore(keys, chart.canvas);
  return [one, other];
}

function arrangeFilm(view, last) {
  if (!view.film.length) {
    view.film = Array.from({ length: FILM }, (_, at) => {
      const button = view.strip.appendChild(make("button", "", { type: "button" }));
      const canvas = button.appendChild(make("canvas"));
      return { button, canvas, at };
    });
  }
  for (const one of view.film) {
    one.time = Math.round((one.at / (FILM - 1)) * last);
    one.button.onclick = () => view.scrubber.set(one.time);
    mark(one.button, "aria-label", fill(view.meta.words.at, { t: one.time, last }));
  }
}

const factorsAt = ({ signals, spreads, meta }, time) => [signals[meta.chosen][time], spreads[meta.chosen][time]];

// Each of the small pictures stands over its time on the slider.
function alignFilm({ strip, scrubber, film: [first] }) {
  const [from, to] = scrubber.rail();
  const half = first.button.clientWidth / 2;
  strip.style.padding = `0 ${Math.max(strip.clientWidth - to - half, 0)}px 0 ${Math.max(from - half, 0)}px`;
}

function draw(view) {
  const { meta, arrays, side, scrubber, stage: { theme } } = view;
  const time = scrubber.index;
  alignFilm(view);
  const factors = factorsAt(view, time);
  const mixed = mixNoise(arrays.picture, arrays.noise, factors);
  drawSum(view, time, factors, mixed);
  drawValues(view, mixed);
  for (const { canvas, button, time: then } of view.film) {
    paintPixels(canvas, mixNoise(arrays.picture, arrays.noise, factorsAt(view, then)), side, theme);
    mark(button, "aria-pressed", then === time);
  }
  drawCurves(view, time, factors);
  drawWalk(view, time);
}

function drawSum(view, time, [signal, spread], mixed) {
  const { meta: { words, language, factors }, arrays, side, stage: { theme } } = view;
  const write = new Intl.NumberFormat(language, { minimumFractionDigits: 3, maximumFractionDigits: 3 });
  paintPixels(view.signal.canvas, arrays.picture.map((value) => signal * value), side, theme);
  paintPixels(view.noise.canvas, arrays.noise.map((value) => spread * value), side, theme, "diverging", 3);
  paintPixels(view.whole.canvas, mixed, side, theme);
  caption(view.signal, `${factors[0]} · x₀`, write.format(signal), words.picture);
  caption(view.noise, `${factors[1]} · ε`, write.format(spread), words.noise);
  say(view.whole.caption, `xₜ, t = ${time}`);
  mark(view.whole.canvas, "aria-label", fill(words.whole, { t: time, signal: write.format(signal), noise: write.format(spread) }));
}

function caption({ caption: node, canvas }, formula, value, name) {
  const text = `${formula}, ${value}`;
  if (node.dataset.text !== text) {
    node.dataset.text = text;
    node.replaceChildren(`${formula.split(" · ")[0]} = `, make("b", "", { text: value }), ` · ${formula.split(" · ")[1]}`);
  }
  mark(canvas, "aria-label", `${name}: ${text}`);
}

function drawValues(view, mixed) {
  const { meta: { words, language }, values, stage: { theme } } = view;
  const { mean, deviation } = meanOf(mixed);
  paintHistogram(values.paper(), { layers: [{ values: densities(mixed), colour: "blue" }], bell: { mean: 0, deviation: 1 },
    high: HIGH, theme, language });
  say(values.note, words.bell);
  const write = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  say(values.said, fill(words.moments, { mean: write.format(mean), deviation: write.format(deviation) }));
  mark(values.canvas, "aria-label", `${words.values}. ${values.said.textContent}`);
}

function drawCurves(view, time, [signal, spread]) {
  const { meta: { words, language, names, chosen }, curves, ratio, stage: { theme } } = view;
  const scene = { chosen, time, theme, language };
  curves.frame = paintSchedules(curves.paper(), { ...scene, curves: view.shares, low: 0, high: 1, ticks: [0, 0.5, 1] });
  ratio.frame = paintSchedules(ratio.paper(), { ...scene, curves: view.ratios, low: -5, high: 5, ticks: [-4, -2, 0, 2, 4] });
  const write = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  say(curves.note, names[chosen]);
  say(curves.said, `${words.share} = ${write.format(signal ** 2)}`);
  say(ratio.note, "log₁₀");
  say(ratio.said, spread ? fill(words.signal, { ratio: write.format((signal / spread) ** 2) }) : words.clean);
  for (const chart of [curves, ratio]) mark(chart.canvas, "aria-label", `${chart.title.textContent} ${chart.note.textContent}: ${chart.said.textContent}`);
}

function drawWalk(view, time) {
  const { meta, arrays, side, walked, pixel, stage: { theme } } = view;
  const { words, every, language } = meta;
  const step = Math.round(time / every);
  const size = side * side;
  const bytes = arrays.chain.subarray(step * size, (step + 1) * size);
  paintPixels(walked.canvas, Float32Array.from(bytes, (byte) => byte / 127.5 - 1), side, theme);
  say(walked.caption, `${words.chain}\nt = ${step * every}`);
  mark(walked.canvas, "aria-label", walked.caption.textContent);
  const bins = arrays.closed.shape[1];
  const row = (name) => arrays[name].subarray(step * bins, (step + 1) * bins);
  paintHistogram(pixel.paper(), { layers: [{ values: row("closed"), colour: "blue" },
    { values: row("walk"), colour: "orange", outline: true }], high: HIGH, theme, language });
  const read = drawKeys(view, step);
  mark(pixel.canvas, "aria-label", `${words.pixel}: ${read}`);
}

// Mean and deviation of both ways, which are the same but for chance.
function drawKeys({ keys, meta: { words, language }, arrays: { moments }, stage: { theme } }, step) {
  const write = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  keys[0].swatch.style.background = theme.blue;
  keys[1].swatch.style.borderTopColor = theme.orange;
  return keys.map(({ text, value }, at) => {
    const [mean, deviation] = moments.subarray(4 * step + 2 * at, 4 * step + 2 * at + 2);
    say(text, [words.closed, words.chain][at]);
    say(value, `${write.format(mean)} ± ${write.format(deviation)}`);
    return `${text.textContent} ${value.textContent}`;
  }).join(", ");
}
