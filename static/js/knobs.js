// Sliders whose values Python answers: they move at once, and the newest values are sent while the hand still pulls.

import { component, fit, make, mark, say } from "./panel.js";
import { line } from "./sending.js";

const AGAIN = 700; // milliseconds until a waking engine is asked again

export const STYLE = `
  .knobs { display: grid; grid-template-columns: max-content minmax(70px, 1fr) 6ch max-content; gap: 0 10px; align-items: center;
    align-content: start; }
  .knobs label { font-style: italic; white-space: nowrap; }
  .knobs label.word { font-style: normal; }
  .knobs .above { font-size: 12px; color: var(--st-gray-text-color); grid-column: 1 / -1; text-align: right; min-height: 18px; }
  .knobs output, .knobs .beside { text-align: right; }
  .knobs .beside { color: var(--st-gray-text-color); font-size: 12px; min-width: 8ch; }
  .knobs input { width: 100%; margin: 0; height: 27px; accent-color: var(--st-primary-color); cursor: pointer; touch-action: pan-y; }
  sub { font-size: 0.75em; line-height: 0; font-style: normal; margin-left: 1px; }
`;

// A panel of sliders and pictures of what Python answers. `layOut(view)` fills its box and names view.place, where the
// sliders stand; `take(view, tick)` keeps an answer; `shape(meta)` returns a name for the rows of sliders, another one
// for others; `build(view)` returns the nodes of new ones; `paint(view)` shows everything.
export function panelOfKnobs(style, { layOut, take, shape, build, paint }) {
  return component(style, (stage) => {
    const view = { stage, meta: null, answer: null, knobs: [] };
    const draw = () => view.meta && paint(view);
    let [shown, shaped] = [null, ""];
    view.talk = openTalk(draw);
    layOut(view);
    return {
      update(tick, component) {
        if (component.data === shown) return;
        shown = component.data;
        view.talk.take(tick, component);
        view.meta = tick.meta;
        take(view, tick);
        const wanted = `${shape(tick.meta)} ${tick.meta.language}`;
        if (wanted !== shaped) view.place.replaceChildren(...build(view));
        shaped = wanted;
      },
      draw,
      end: view.talk.end,
    };
  });
}

// A picture with a title and, in the class of `second`, something said beside it.
export function openPicture({ stage }, className, second) {
  const node = make("div", className);
  const head = node.appendChild(make("div", "head"));
  const [title, beside] = [head.appendChild(make("span", "title")), head.appendChild(make("span", second))];
  const canvas = node.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  return { node, title, beside, canvas, paper: fit(canvas, stage) };
}

// The values as the visitor has set them: `values` moves at once, Python answers with `settings` of the newest it saw.
export function openTalk(changed) {
  const talk = { values: null, seq: 0, settled: true, line: line(), timer: 0 };
  talk.turn = (name, index, value, settled) => {
    const row = talk.values[name];
    talk.values = { ...talk.values, [name]: index === null ? value : row.map((old, at) => (at === index ? value : old)) };
    talk.settled = settled;
    talk.line.send((talk.seq += 1));
    changed();
  };
  talk.take = ({ meta }, { setStateValue }) => {
    talk.line.connect((seq) => setStateValue("knobs", { seq, settled: talk.settled, ...talk.values }));
    if (meta.seq >= talk.seq) {
      talk.values = { ...meta.settings };
      talk.seq = meta.seq;
    }
    talk.line.answered(meta.seq);
    clearTimeout(talk.timer);
    if (meta.sentence === undefined) talk.timer = setTimeout(() => talk.line.send((talk.seq += 1)), AGAIN);
  };
  talk.end = () => { talk.line.end(); clearTimeout(talk.timer); };
  return talk;
}

// One slider: `name` and `index` say which value it turns; returns {nodes, show(format, beside)}.
export function openKnob(talk, { name, index = null, symbol, spoken, bounds: [low, high], step = 0.05 }) {
  const id = `knob-${name}-${index ?? ""}`;
  const label = make("label", symbol.length > 1 ? "word" : "", { htmlFor: id, text: symbol });
  if (index !== null) label.append(make("sub", "", { text: index + 1 }));
  const input = make("input", "", { id, type: "range", min: low, max: high, step, attributes: { "aria-label": spoken } });
  const [output, beside] = [make("output", "mono"), make("span", "beside mono")];
  const read = () => Number(Number(input.value).toFixed(4));
  input.oninput = () => talk.turn(name, index, read(), false);
  input.onchange = () => talk.turn(name, index, read(), true);
  return {
    nodes: [label, input, output, beside], name, index,
    show(format, text) {
      const value = index === null ? talk.values[name] : talk.values[name][index];
      if (Number(input.value) !== value) input.value = value;
      say(output, format(value));
      mark(input, "aria-valuetext", format(value));
      say(beside, text);
    },
  };
}

// Returns a formatter with a fixed number of decimals and a true minus.
export function decimals(language, digits) {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => format.format(Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value).replace("-", "\u2212");
}
