// A picture of 28×28 pixels of which one erases what shall be drawn anew: with the pen, in whole parts, or with the keys.
//
// The browser keeps what is erased (sessionStorage, by `store`); Python gets it as the state "erased": {seq, bits}, 784 times
// "0" or "1". Messages: `picture` uint8 (28, 28), meta {channel, store, language, words, presets {name: {title, bits}}}.

import { component, make, mark, say } from "./panel.js";
import { css, mix, parse } from "./colors.js";
import { follow } from "./hand.js";
import { keep, kept } from "./strokes.js";

const SIDE = 28;
const SCALE = 10; // of the canvas, in pixels for one of the picture
const BRUSHES = [1.2, 2.2, 3.6]; // radii, in pixels of the picture
const MOST = 60; // strokes that can be undone

const STYLE = `
  .square { position: relative; width: min(100%, 280px); aspect-ratio: 1; }
  .square canvas { width: 100%; height: 100%; border-radius: 8px; touch-action: none; cursor: crosshair; image-rendering: pixelated; }
  .cursor { position: absolute; width: 14px; height: 14px; margin: -7px; border-radius: 50%; pointer-events: none; border: 2px solid var(--st-primary-color); }
  .cursor.down { background: var(--st-primary-color); }
  .tools { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; max-width: 320px; align-items: center; }
  .tools button { min-height: 26px; min-width: 30px; }
  .tools .round { border-radius: 50%; background: var(--st-text-color); display: block; margin: 0 auto; }
  .note { white-space: normal; margin-top: 6px; }
`;

export default component(STYLE, (stage) => {
  const view = { stage, erased: [], bits: new Uint8Array(SIDE * SIDE), brush: 1, seq: 0, stroke: null, picture: null, meta: null };
  layOut(view);
  stage.onEnd(() => clearTimeout(view.timer));
  return {
    update(tick, { data, setStateValue }) {
      view.tell = (erased) => setStateValue("erased", erased);
      if (!tick.meta.words || data === view.seen) return;
      const first = !view.meta;
      Object.assign(view, { seen: data, meta: tick.meta, picture: tick.arrays.picture });
      configure(view);
      if (first) recall(view);
    },
    draw: () => draw(view),
  };
});

function layOut(view) {
  const square = make("div", "square");
  view.canvas = square.appendChild(make("canvas", "", { width: SIDE * SCALE, height: SIDE * SCALE, tabIndex: 0, attributes: { role: "application" } }));
  const cursor = square.appendChild(make("div", "cursor", { hidden: true }));
  view.tools = make("div", "tools", { attributes: { role: "group" } });
  view.note = make("div", "note", { attributes: { "aria-live": "polite" } });
  follow(view.canvas, cursor, {
    draw: { begin: (at) => begin(view, at), extend: (at) => extend(view, at), end: () => end(view) },
    undo: () => undo(view), clear: () => erase(view, new Uint8Array(SIDE * SIDE)), sample() {},
  });
  view.stage.box.replaceChildren(square, view.tools, view.note);
}

function configure(view) {
  const { meta: { words, presets }, tools } = view;
  if (!tools.childElementCount) {
    view.brushes = BRUSHES.map((radius, at) => press(tools, () => { view.brush = at; draw(view); }, radius));
    view.undo = press(tools, () => undo(view));
    view.clear = press(tools, () => erase(view, new Uint8Array(SIDE * SIDE)));
    view.presets = Object.keys(presets).map((name) => press(tools, () => erase(view, fromText(view.meta.presets[name].bits))));
  }
  view.brushes.forEach((button, at) => mark(button, "aria-label", words.brushes[at]));
  say(view.undo, words.undo);
  say(view.clear, words.clear);
  Object.values(presets).forEach(({ title }, at) => say(view.presets[at], title));
  mark(tools, "aria-label", words.tools);
}

function press(place, act, radius) {
  const button = place.appendChild(make("button", "quiet", { type: "button" }));
  if (radius) button.append(make("span", "round", { style: `width:${3 * radius + 2}px;height:${3 * radius + 2}px` }));
  button.onclick = act;
  return button;
}

// the hand

function begin(view, at) {
  push(view);
  view.stroke = at;
  rub(view, at);
  draw(view);
}

function extend(view, at) {
  if (!view.stroke) return;
  const steps = Math.max(1, Math.ceil(Math.hypot(at[0] - view.stroke[0], at[1] - view.stroke[1]) * SIDE * 2));
  for (let step = 1; step <= steps; step++) rub(view, [0, 1].map((axis) => view.stroke[axis] + ((at[axis] - view.stroke[axis]) * step) / steps));
  view.stroke = at;
  draw(view);
}

function end(view) {
  if (!view.stroke) return;
  view.stroke = null;
  remember(view);
}

function rub({ bits, brush }, [x, y]) {
  const [column, row, reach] = [x * SIDE - 0.5, y * SIDE - 0.5, BRUSHES[brush]];
  for (let down = Math.max(0, Math.floor(row - reach)); down <= Math.min(SIDE - 1, row + reach); down++)
    for (let across = Math.max(0, Math.floor(column - reach)); across <= Math.min(SIDE - 1, column + reach); across++)
      if (Math.hypot(down - row, across - column) <= reach) bits[down * SIDE + across] = 1;
}

function push(view) {
  view.erased.push(view.bits.slice());
  if (view.erased.length > MOST) view.erased.shift();
}

function erase(view, bits) {
  push(view);
  view.bits = bits;
  remember(view);
}

function undo(view) {
  if (!view.erased.length) return;
  view.bits = view.erased.pop();
  remember(view);
}

const toText = (bits) => bits.join("");
const fromText = (text) => Uint8Array.from(text, Number);

function remember(view) {
  draw(view);
  keep(view.meta.store, { bits: toText(view.bits) });
  view.seq += 1;
  view.tell({ seq: view.seq, bits: toText(view.bits) });
}

// not while mounting: Streamlit may lose what is set then
function recall(view) {
  const { bits } = kept(view.meta.store);
  if (!/^[01]{784}$/.test(bits ?? "") || !bits.includes("1")) return;
  view.bits = fromText(bits);
  view.timer = setTimeout(() => view.tell({ seq: 0, bits }), 60);
}

// the picture

function draw(view) {
  const { meta, picture, bits, canvas, brush, stage: { theme } } = view;
  if (!meta || !picture) return;
  const painter = canvas.getContext("2d");
  const gone = css(mix(parse(theme.background), parse(theme.blue), 0.45));
  for (let at = 0; at < bits.length; at++) {
    painter.fillStyle = bits[at] ? gone : `rgb(${picture[at]} ${picture[at]} ${picture[at]})`;
    painter.fillRect((at % SIDE) * SCALE, Math.floor(at / SIDE) * SCALE, SCALE, SCALE);
  }
  const count = bits.reduce((sum, bit) => sum + bit, 0);
  const text = count ? meta.words.some.replace("{count}", count.toLocaleString(meta.language)) : meta.words.none;
  say(view.note, text);
  mark(canvas, "aria-label", `${meta.words.label} ${text}`);
  view.brushes.forEach((button, at) => mark(button, "aria-pressed", at === brush));
  view.undo.disabled = !view.erased.length;
  view.clear.disabled = !count;
}
