// The softmax: sliders for logits and temperature, the probabilities as bars, and the Jacobian as a small heat map.

import { fill, make, mark, numbers, say, sayWaking } from "./panel.js";
import { along, css, textOn } from "./colors.js";
import { STYLE as KNOBS, decimals, openKnob, openPicture, panelOfKnobs } from "./knobs.js";

const STYLE = `${KNOBS}
  .panel { display: grid; grid-template: "sum sum sum" auto "knobs bars cells" 1fr "say say say" auto / minmax(250px, 34%) minmax(0, 1fr) minmax(0, 1fr);
    gap: 8px 22px; }
  .sum { grid-area: sum; font-size: 14px; min-height: 22px; }
  .knobs { grid-area: knobs; }
  .bars { grid-area: bars; } .cells { grid-area: cells; }
  .bars canvas, .cells canvas { width: 100%; height: 204px; }
  .say { grid-area: say; min-height: 20px; }
  @media (max-width: 760px) {
    .panel { grid-template: "sum" auto "bars" auto "cells" auto "say" auto "knobs" auto / minmax(0, 1fr); }
    .bars canvas { height: 150px; }
    .cells canvas { height: 200px; }
    .knobs input { height: 38px; }
    .say { min-height: 44px; }
  }
`;

export default panelOfKnobs(STYLE, { layOut, take, shape: ({ settings }) => settings.classes, build, paint });

function take(view, { meta, arrays }) {
  if (arrays.jacobian) [view.arrays, view.said] = [arrays, meta.sentence];
}

function layOut(view) {
  view.sum = make("div", "sum mono");
  const sub = (text) => make("sub", "", { text });
  view.sum.append("p", sub("i"), " = exp(z", sub("i"), " / T) / \u03a3", sub("j"), " exp(z", sub("j"), " / T)");
  view.place = make("div", "knobs");
  view.sentence = make("div", "say", { attributes: { "aria-live": "polite" } });
  view.bars = openPicture(view, "bars", "note");
  view.cells = openPicture(view, "cells", "note");
  view.stage.box.replaceChildren(view.sum, view.place, view.bars.node, view.cells.node, view.sentence);
}

// One slider for each logit, and one for the temperature.
function build(view) {
  const { settings, words, bounds } = view.meta;
  const rows = [...Array(settings.classes).keys()].map((index) => ({ name: "logits", index, symbol: "z", spoken: `${words.logit} ${index + 1}` }));
  rows.push({ name: "temperature", symbol: "T", spoken: words.temperature });
  view.knobs = rows.map((row) => openKnob(view.talk, { ...row, bounds: bounds[row.name] }));
  return view.knobs.flatMap(({ nodes }) => nodes);
}

function paint(view) {
  const { meta, arrays } = view;
  const format = decimals(meta.language, 2);
  for (const knob of view.knobs) knob.show(format, "");
  if (!arrays) return void say(view.sentence, sayWaking(meta.words, meta));
  say(view.sentence, view.said);
  paintBars(view, numbers(meta.language, "percent"));
  paintCells(view, decimals(meta.language, 3));
}

function paintBars({ bars: { title, canvas, paper }, meta, arrays: { probabilities }, stage: { theme } }, percent) {
  const { painter, width, height } = paper();
  const row = Math.min(height / probabilities.length, 44);
  probabilities.forEach((share, index) => {
    const top = index * row + 4;
    painter.fillStyle = theme.neutral;
    painter.fillRect(26, top, width - 86, row - 8);
    painter.fillStyle = theme.blue;
    painter.fillRect(26, top, Math.max((width - 86) * share, 1), row - 8);
    Object.assign(painter, { fillStyle: theme.ink, font: `12px ${theme.mono}`, textBaseline: "middle", textAlign: "left" });
    painter.fillText(`p${index + 1}`, 2, top + row / 2 - 3);
    painter.textAlign = "right";
    painter.fillText(percent(share), width - 2, top + row / 2 - 3);
  });
  say(title, meta.words.probabilities);
  mark(canvas, "aria-label", fill(meta.words.bars, { values: [...probabilities].map(percent).join(", ") }));
}

function paintCells({ cells: { title, beside: note, canvas, paper }, meta, arrays: { jacobian }, stage: { theme } }, format) {
  const { painter, width, height } = paper();
  const classes = jacobian.shape[0];
  const [wide, tall] = [Math.min((width - 24) / classes, 76), Math.min((height - 22) / classes, 48)];
  const most = jacobian.reduce((limit, value) => Math.max(limit, Math.abs(value)), 1e-9);
  Object.assign(painter, { font: `12px ${theme.mono}`, textBaseline: "middle", textAlign: "center" });
  jacobian.forEach((value, index) => {
    const [row, column] = [Math.floor(index / classes), index % classes];
    const colour = along(theme.diverging, 0.5 + value / most / 2);
    painter.fillStyle = css(colour);
    painter.fillRect(24 + column * wide, 20 + row * tall, wide - 2, tall - 2);
    painter.fillStyle = textOn(colour, theme);
    painter.fillText(format(value), 24 + (column + 0.5) * wide - 1, 20 + (row + 0.5) * tall);
  });
  painter.fillStyle = theme.muted;
  for (let index = 0; index < classes; index++) {
    painter.fillText(`z${index + 1}`, 24 + (index + 0.5) * wide, 10);
    painter.fillText(`p${index + 1}`, 10, 20 + (index + 0.5) * tall);
  }
  say(title, meta.words.jacobian);
  say(note, meta.words.note);
  mark(canvas, "aria-label", fill(meta.words.cells, { values: [...jacobian].map(format).join(", ") }));
}
