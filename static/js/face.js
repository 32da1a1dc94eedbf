// The face of a pad: the canvas with its tools and samples, beside it the reading and what the network receives.

import { fill, make, mark, say } from "./panel.js";
import { toCanvas } from "./strokes.js";
import { configureReading, openReading } from "./reading.js";
import { configureReceived, openReceived, showSwitches } from "./received.js";

const FINE = 448; // pixels of the canvas across: enough for a phone's screen

export const FACE_STYLE = `
  .pad { position: relative; aspect-ratio: 1; }
  .pad canvas { width: 100%; height: 100%; border-radius: 10px; background: #000; touch-action: none; cursor: crosshair;
    box-shadow: 0 0 0 1px var(--st-border-color); user-select: none; -webkit-user-select: none; }
  .pad canvas:focus-visible { border-radius: 10px; }
  .cursor { position: absolute; width: 14px; height: 14px; margin: -7px 0 0 -7px; border: 2px solid #4BA6E0;
    border-radius: 50%; pointer-events: none; }
  .hint { position: absolute; inset: 0; display: grid; place-items: center; color: #8E99A6; pointer-events: none; }
  .hint[hidden] { display: none; }
  .cursor.down { background: rgb(75 166 224 / .6); }
  .tools { display: flex; align-items: center; gap: 6px; min-height: 26px; }
  .tools button.quiet { line-height: 22px; padding: 0 10px; font-size: 12.5px; color: var(--st-text-color); }
  .tools button.quiet:disabled { opacity: .45; cursor: default; border-color: var(--st-border-color); }
  .brushes { display: flex; gap: 2px; margin-left: auto; }
  .brush { width: 26px; height: 26px; padding: 0; display: grid; place-items: center; border: 0; background: none;
    border-radius: 6px; cursor: pointer; }
  .brush i { display: block; border-radius: 50%; background: var(--st-gray-color); }
  .brush:hover { background: var(--st-gray-background-color); }
  .brush[aria-checked=true] { background: var(--st-blue-background-color); }
  .brush[aria-checked=true] i { background: var(--st-primary-color); }
  .samples { display: grid; grid-template-columns: repeat(var(--across, 10), minmax(0, 1fr)); gap: 3px; }
  .samples button { padding: 0; border: 0; background: #000; border-radius: 4px; cursor: pointer; overflow: hidden;
    aspect-ratio: 1; }
  .samples button:hover { box-shadow: 0 0 0 2px var(--st-gray-color); }
  .samples canvas { width: 100%; height: 100%; image-rendering: pixelated; }
`;

// `acts` are what the hand can do (pad.js): undo, clear, sample, toggle, choose a brush of `brushes`.
export function openFace(box, acts, brushes) {
  const face = { reading: openReading(), received: openReceived(acts.toggle) };
  const hand = make("div", "hand");
  const place = hand.appendChild(make("div", "pad"));
  face.canvas = place.appendChild(make("canvas", "", { width: FINE, height: FINE, tabIndex: 0,
    attributes: { role: "application" } }));
  face.hint = place.appendChild(make("span", "hint", { attributes: { "aria-hidden": true } }));
  face.cursor = place.appendChild(make("span", "cursor", { hidden: true }));
  hand.append(openTools(face, acts, brushes));
  face.samples = hand.appendChild(make("div", "samples", { attributes: { role: "group" } }));
  const result = make("div", "result");
  result.append(face.reading.box, face.received.box);
  const layout = make("div", "layout");
  layout.append(hand, result);
  box.replaceChildren(layout);
  return face;
}

function openTools(face, acts, brushes) {
  const tools = make("div", "tools");
  face.undo = tools.appendChild(make("button", "quiet", { type: "button", onclick: acts.undo }));
  face.clear = tools.appendChild(make("button", "quiet", { type: "button", onclick: acts.clear }));
  face.brushes = tools.appendChild(make("div", "brushes", { attributes: { role: "radiogroup" } }));
  face.widths = brushes.map((width, index) => openBrush(face, acts, width, index));
  face.brushes.append(...face.widths);
  return tools;
}

function openBrush(face, acts, width, index) {
  const button = make("button", "brush", { type: "button", attributes: { role: "radio" } });
  const dot = button.appendChild(make("i"));
  dot.style.width = dot.style.height = `${width + 1}px`;
  button.onclick = () => acts.choose(index);
  button.onkeydown = (event) => {
    const next = index + ({ ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key] ?? NaN);
    if (!face.widths[next]) return;
    event.preventDefault();
    event.stopPropagation();
    acts.choose(next);
    face.widths[next].focus();
  };
  return button;
}

export function configureFace(face, config) {
  const { words } = config;
  configureReading(face.reading, config);
  configureReceived(face.received, config);
  mark(face.canvas, "aria-label", words.pad);
  mark(face.samples, "aria-label", words.samples);
  mark(face.brushes, "aria-label", words.brush);
  face.widths.forEach((button, index) => mark(button, "aria-label", words.brushes[index]));
  [...face.samples.children].forEach((button, index) => nameSample(button, index, config));
  say(face.hint, words.here);
  say(face.undo, words.undo);
  say(face.clear, words.clear);
}

export function showTools({ face, brush, drawing, off }) {
  face.widths.forEach((button, index) => {
    mark(button, "aria-checked", index === brush);
    button.tabIndex = index === brush ? 0 : -1;
  });
  face.undo.disabled = !drawing.undoable;
  face.clear.disabled = drawing.empty;
  face.hint.hidden = !drawing.empty;
  showSwitches(face.received, off);
}

// One button for each class, with its first sample on it; samples are uint8 (classes, turns, height, width).
export function arrangeSamples(face, samples, config, choose) {
  const [count, , height, width] = samples.shape;
  face.samples.style.setProperty("--across", count > 10 ? Math.ceil(count / Math.ceil(count / 13)) : 10);
  face.samples.replaceChildren(...Array.from({ length: count }, (_, index) => {
    const button = make("button", "", { type: "button", onclick: (event) => choose(index, event) });
    button.append(toCanvas(pictureOf(samples, index), width, height));
    nameSample(button, index, config);
    return button;
  }));
}

function nameSample(button, index, { classes, words }) {
  button.title = fill(words.sample, { name: classes[index] });
  mark(button, "aria-label", button.title);
}

export function pictureOf(samples, index, turn = 0) {
  const [, turns, height, width] = samples.shape;
  const start = (index * turns + (turn % turns)) * height * width;
  return samples.subarray(start, start + height * width);
}
