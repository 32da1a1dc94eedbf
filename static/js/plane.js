// The plane: a curve that the visitor can draw, what a line of neurons makes of it, and each neuron's part.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { drawAxes, openFrame, trace, valueOn, within } from "./axes.js";
import { line } from "./plot.js";

const STYLE = `
  .head { gap: 0 12px; flex-wrap: wrap; }
  .key { display: inline-flex; align-items: center; gap: 5px; font-size: 12px; color: var(--st-gray-text-color); }
  .key i { width: 14px; height: 0; border-top: 2px solid; }
  .key.target i { border-top-width: 5px; opacity: 0.45; }
  .hint { margin-left: auto; font-size: 12px; color: var(--st-gray-text-color); }
  canvas { width: 100%; height: 244px; touch-action: none; cursor: crosshair; border-radius: 4px; }
  @media (max-width: 760px) { canvas { height: 230px; } }
`;
const KNOTS = 49;
const REST = 500; // milliseconds after the last key until a curve moved by keys is learned

export default component(STYLE, (stage) => {
  const view = { stage, config: null, target: null, told: null, drawn: null, seq: 0, at: null, timer: 0, send: null };
  layOut(view);
  const draw = () => view.config && paint(view);
  view.draw = draw;
  follow(view);
  let shown = null;
  return {
    update({ meta, arrays }, { data, setStateValue }) {
      view.send = (curve) => setStateValue("curve", curve);
      if (data === shown) return;
      shown = data;
      [view.config, view.target] = [meta, arrays.target];
      if (meta.seq >= view.seq) [view.seq, view.drawn] = [meta.seq, null];
      stage.hear(meta.channel, "fit", (value) => { view.told = value; draw(); });
    },
    draw,
    end: () => clearTimeout(view.timer),
  };
});

function layOut(view) {
  const head = make("div", "head");
  view.keys = ["target", "output", "parts"].map((name) => {
    const node = head.appendChild(make("span", `key ${name}`));
    return { name, swatch: node.appendChild(make("i")), text: node.appendChild(make("span")) };
  });
  view.hint = head.appendChild(make("span", "hint"));
  view.canvas = make("canvas", "", { tabIndex: 0, attributes: { role: "application" } });
  view.paper = fit(view.canvas, view.stage);
  view.spoken = make("span", "hidden", { attributes: { "aria-live": "polite" } });
  view.stage.box.replaceChildren(head, view.canvas, view.spoken);
}

function paint(view) {
  const { config, target, told, stage: { theme } } = view;
  const { painter, width, height } = view.paper();
  const frame = (view.frame = openFrame({ width, height }, { left: config.left, right: config.right, low: -config.high, high: config.high }));
  drawAxes(painter, frame, { theme, language: config.language });
  const [xs, ys] = curveOf(view);
  within(painter, frame, () => {
    trace(painter, frame, xs, ys, { colour: theme.grey, width: 6, alpha: 0.4 });
    if (told && !view.drawn) paintFit(painter, frame, target, told, theme);
    if (view.at !== null) paintCursor(painter, frame, xs, ys, view.at, theme);
  });
  describe(view, theme);
}

function curveOf({ drawn, target, config }) {
  const points = target.shape[1];
  if (!drawn) return [target.subarray(0, points), target.subarray(points)];
  return [drawn.map((_, knot) => placeOf(config, knot)), drawn];
}

// Each neuron's part is drawn around its own mean, so that those of any size stay in the picture.
function paintFit(painter, frame, target, { arrays: { output, parts }, signs }, theme) {
  const points = output.length;
  const xs = target.subarray(0, points);
  for (let neuron = 0; neuron < parts.shape[0]; neuron++) {
    const part = parts.subarray(neuron * points, (neuron + 1) * points);
    const mean = part.reduce((sum, value) => sum + value, 0) / points;
    trace(painter, frame, xs, part.map((value) => value - mean), { colour: signs[neuron] > 0 ? theme.blue : theme.orange, width: 1.25, alpha: 0.45 });
  }
  trace(painter, frame, xs, output, { colour: theme.blue, width: 2.5 });
}

function paintCursor(painter, frame, xs, ys, x, theme) {
  Object.assign(painter, { strokeStyle: theme.ink, lineWidth: 1 });
  line(painter, frame.x(x), frame.top, frame.x(x), frame.bottom);
  painter.beginPath();
  painter.arc(frame.x(x), frame.y(valueOn(xs, ys, x)), 5, 0, 2 * Math.PI);
  painter.stroke();
}

function describe({ config: { words }, told, keys, canvas, hint, spoken }, theme) {
  for (const { name, swatch, text } of keys) {
    say(text, words[name]);
    swatch.style.borderTopColor = { target: theme.grey, output: theme.blue, parts: theme.orange }[name];
  }
  say(hint, words.hint);
  mark(canvas, "aria-label", words.plane);
  if (told) say(spoken, fill(words.reading, { n: told.neurons, loss: told.loss }));
}

// the hand

function follow(view) {
  const { canvas } = view;
  let before = null;
  canvas.onpointerdown = (event) => {
    if (event.button !== 0 || !view.frame || before) return;
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
    view.at = null;
    before = put(view, null, where(view, event));
  };
  canvas.onpointermove = (event) => {
    if (before) before = put(view, before, where(view, event));
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (before) settle(view);
    before = null;
  };
  canvas.onkeydown = (event) => press(view, event);
  canvas.onblur = () => { view.at = null; view.draw(); };
}

function where({ frame, canvas }, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return [frame.across(clientX - box.left), frame.up(clientY - box.top)];
}

// Pull the curve from the last place of the hand to this one; returns this one.
function put(view, before, [x, y]) {
  const { left, right, high } = view.config;
  const spot = [Math.min(Math.max(x, left), right), Math.min(Math.max(y, -high), high)];
  const from = before ?? spot;
  begin(view);
  const knots = [from[0], spot[0]].map((place) => ((place - left) / (right - left)) * (KNOTS - 1)).sort((a, b) => a - b);
  for (let knot = Math.round(knots[0]); knot <= Math.round(knots[1]); knot++) {
    const share = spot[0] === from[0] ? 1 : (placeOf(view.config, knot) - from[0]) / (spot[0] - from[0]);
    view.drawn[knot] = round(from[1] + (spot[1] - from[1]) * Math.min(Math.max(share, 0), 1));
  }
  view.draw();
  return spot;
}

// A drawing changes the curve that is there.
function begin(view) {
  if (view.drawn) return;
  const [xs, ys] = curveOf(view);
  view.drawn = Array.from({ length: KNOTS }, (_, knot) => round(valueOn(xs, ys, placeOf(view.config, knot))));
}

function settle(view) {
  clearTimeout(view.timer);
  view.seq += 1;
  view.send?.({ seq: view.seq, heights: view.drawn });
}

function press(view, event) {
  const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!view.frame || (!across && !up)) return;
  event.preventDefault();
  event.stopPropagation();
  const { left, right, high } = view.config;
  const gap = (right - left) / (KNOTS - 1);
  view.at = Math.min(Math.max((view.at ?? 0) + (across ?? 0) * gap, left), right);
  if (up) {
    begin(view);
    const knot = Math.round((view.at - left) / gap);
    view.drawn[knot] = round(Math.min(Math.max(view.drawn[knot] + up * (event.shiftKey ? 0.02 : 0.1), -high), high));
    clearTimeout(view.timer);
    view.timer = setTimeout(() => settle(view), REST);
  }
  view.draw();
}

const placeOf = ({ left, right }, knot) => left + ((right - left) * knot) / (KNOTS - 1);
const round = (value) => Number(value.toFixed(2));
