// One neuron: sliders for inputs, weights and bias; the sum z with its numbers; the activation and its derivative.
//
// While a slider is pulled the point glides along the curve that the network sent; every number shown is the network's
// answer.

import { fill, make, mark, say, sayWaking } from "./panel.js";
import { bounds, drawAxes, drawLabel, drawPoint, openFrame, trace, valueOn, within } from "./axes.js";
import { STYLE as KNOBS, decimals, openKnob, openPicture, panelOfKnobs } from "./knobs.js";

const STYLE = `${KNOBS}
  .panel { display: grid; grid-template: "sum sum sum" auto "knobs value slope" 1fr "say say say" auto / minmax(250px, 34%) minmax(0, 1fr) minmax(0, 1fr);
    gap: 8px 22px; }
  .sum { grid-area: sum; display: flex; flex-wrap: wrap; gap: 2px 26px; font-size: 14px; min-height: 22px; }
  .sum b { font-weight: 600; color: var(--st-blue-text-color); }
  .knobs { grid-area: knobs; }
  .value { grid-area: value; } .slope { grid-area: slope; }
  .picture canvas { width: 100%; height: 204px; border-radius: 4px; }
  .formula { color: var(--st-gray-text-color); font-size: 12px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .say { grid-area: say; min-height: 20px; display: flex; flex-wrap: wrap; gap: 0 14px; align-items: baseline; }
  .say .key { display: inline-flex; gap: 6px; align-items: center; font-size: 12px; color: var(--st-gray-text-color); }
  .say .key::before { content: ""; width: 12px; height: 12px; border-radius: 2px;
    background: color-mix(in srgb, var(--st-orange-color) 22%, transparent); }
  @media (max-width: 760px) {
    .panel { grid-template: "sum sum" auto "value slope" auto "say say" auto "knobs knobs" auto / minmax(0, 1fr) minmax(0, 1fr); gap: 8px 10px; }
    .picture canvas { height: 180px; }
    .knobs input { height: 38px; }
    .say { min-height: 44px; }
  }
`;

export default panelOfKnobs(STYLE, { layOut, take, shape: ({ settings }) => settings.count, build, paint });

function take(view, { meta, arrays }) {
  if (arrays.curve) view.answer = { ...meta, ...arrays };
}

function layOut(view) {
  const [sum, knobs, note] = [make("div", "sum mono"), make("div", "knobs"), make("div", "say")];
  view.sums = ["z", "a"].map(() => sum.appendChild(make("span")));
  view.sentence = note.appendChild(make("span", "", { attributes: { "aria-live": "polite" } }));
  view.key = note.appendChild(make("span", "key"));
  view.pictures = ["value", "slope"].map((name) => ({ name, ...openPicture(view, `picture ${name}`, "formula mono") }));
  view.place = knobs;
  view.stage.box.replaceChildren(sum, knobs, ...view.pictures.map(({ node }) => node), note);
}

// One slider for each input and weight, and one for the bias.
function build(view) {
  const { settings, words, bounds: limits } = view.meta;
  const rows = [...Array(settings.count).keys()].flatMap((index) => [
    { name: "inputs", index, symbol: "x", spoken: `${words.input} ${index + 1}` },
    { name: "weights", index, symbol: "w", spoken: `${words.weight} ${index + 1}` },
  ]);
  rows.push({ name: "bias", symbol: "b", spoken: words.bias });
  view.knobs = rows.map((row) => openKnob(view.talk, { ...row, bounds: limits[row.name] }));
  return [make("span", "above", { text: words.gradient }), ...view.knobs.flatMap(({ nodes }) => nodes)];
}

function paint(view) {
  const { meta, answer } = view;
  const format = decimals(meta.language, 2);
  for (const knob of view.knobs) knob.show(format, answer ? gradientOf(answer, knob) : "");
  if (!answer) return void say(view.sentence, sayWaking(meta.words, meta));
  writeSum(view, format);
  say(view.sentence, answer.sentence);
  say(view.key, meta.words.faint);
  view.key.hidden = !answer.faint.includes(1);
  view.pictures.forEach((picture, index) => paintPicture(view, picture, index + 1));
}

function gradientOf({ by_input, by_weight, by_bias, language }, { name, index }) {
  const gradient = index === null ? by_bias : { inputs: by_input, weights: by_weight }[name][index];
  return gradient === undefined ? "" : decimals(language, 3)(gradient);
}

// z and a spelled out with the numbers that the network had.
function writeSum({ sums, answer }, format) {
  const { settings, terms, z, a, name, language } = answer;
  const sign = (value) => (value < 0 ? ` \u2212 ${format(-value)}` : ` + ${format(value)}`);
  const bracket = (value) => (value < 0 ? `(${format(value)})` : format(value));
  const factors = terms.map((_, at) => `${bracket(settings.weights[at])}·${bracket(settings.inputs[at])}`);
  write(sums[0], `z = w·x + b = ${factors.join(" + ")}${sign(settings.bias)} = `, format(z));
  write(sums[1], `a = ${name}(${format(z)}) = `, decimals(language, 4)(a));
}

function write(node, text, result) {
  if (node.textContent !== text + result) node.replaceChildren(text, make("b", "", { text: result }));
}

function paintPicture({ answer: meta, talk, stage }, { name, title, beside: formula, canvas, paper }, row) {
  const points = meta.curve.shape[1];
  const [xs, ys] = [meta.curve.subarray(0, points), meta.curve.subarray(row * points, (row + 1) * points)];
  const { theme } = stage;
  const { painter, width, height } = paper();
  const frame = openFrame({ width, height }, { left: xs[0], right: xs[points - 1], ...bounds(ys) });
  drawAxes(painter, frame, { theme, language: meta.language });
  const x = Math.min(Math.max(sumUp(talk.values), xs[0]), xs[points - 1]);
  const y = valueOn(xs, ys, x);
  within(painter, frame, () => {
    shade(painter, frame, xs, meta.faint, theme);
    trace(painter, frame, xs, ys, { colour: theme.ink, width: 2.25 });
  });
  drawPoint(painter, frame, x, y, { theme });
  const value = decimals(meta.language, 4)(name === "value" ? meta.a : meta.slope);
  drawLabel(painter, frame, x, y, value, { theme, below: valueOn(xs, ys, x + (xs[1] - xs[0])) > y });
  say(title, name === "value" ? meta.words.value : meta.words.slope);
  say(formula, `${name === "value" ? "a" : "da/dz"} = ${meta.formulas[row - 1]}`);
  const spoken = name === "value" ? meta.words.curve : meta.words.derivative;
  mark(canvas, "aria-label", fill(spoken, { name: meta.name, a: value, slope: value, z: decimals(meta.language, 2)(meta.z) }));
}

// Where the point stands while the hand pulls; the number beside it is the network's.
function sumUp({ inputs, weights, bias, count }) {
  return inputs.slice(0, count).reduce((sum, x, at) => sum + x * weights[at], bias);
}

function shade(painter, frame, xs, faint, theme) {
  const half = (xs[1] - xs[0]) / 2;
  Object.assign(painter, { fillStyle: theme.orange, globalAlpha: 0.16 });
  for (let start = 0; start < faint.length; start++) {
    if (!faint[start]) continue;
    let end = start;
    while (faint[end + 1]) end++;
    painter.fillRect(frame.x(xs[start] - half), frame.top, frame.x(xs[end] + half) - frame.x(xs[start] - half), frame.bottom - frame.top);
    start = end;
  }
  painter.globalAlpha = 1;
}
