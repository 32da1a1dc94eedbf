// What the network receives of a drawing: a picture after each step, each step a switch, and the nearest training digits.

import { fill, make, mark, numbers, say } from "./panel.js";
import { toCanvas } from "./strokes.js";

export const RECEIVED_STYLE = `
  .received { display: grid; gap: 6px; }
  .received h4 { margin: 0; font: 400 12px/16px var(--st-font); color: var(--st-gray-text-color); white-space: nowrap;
    overflow: hidden; text-overflow: ellipsis; }
  .thumb { display: block; width: 100%; aspect-ratio: 1; image-rendering: pixelated; background: #000; border-radius: 5px; }
  .steps { display: grid; grid-template-columns: repeat(4, minmax(0, 56px)); gap: 3px 8px; margin-top: 3px; }
  .step { display: block; padding: 0; border: 0; background: none; color: var(--st-gray-text-color); cursor: pointer;
    font: 11px/15px var(--st-font); text-align: center; min-width: 0; border-radius: 6px; }
  .step .frame { display: block; position: relative; border-radius: 6px; }
  .step:hover .frame { box-shadow: 0 0 0 2px var(--st-border-color); }
  .step .frame::after { content: ""; display: block; height: 3px; margin-top: 2px; border-radius: 2px;
    background: var(--st-border-color); }
  .step[aria-pressed=true] .frame::after { background: var(--st-primary-color); }
  .step[aria-pressed=false] .thumb { filter: brightness(.55); }
  .step .name { display: block; margin-top: 1px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .step[aria-pressed=true] .name { color: var(--st-text-color); }
  .step .else { display: block; height: 15px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .step .else.other { color: var(--st-orange-text-color); font-weight: 600; }
  .picture { display: block; position: relative; }
  .cross { position: absolute; width: 9px; height: 9px; margin: -4.5px 0 0 -4.5px; pointer-events: none;
    background: linear-gradient(var(--blue), var(--blue)) center / 9px 1px no-repeat,
      linear-gradient(var(--blue), var(--blue)) center / 1px 9px no-repeat; --blue: #4BA6E0; }
  .near { display: grid; grid-template-columns: repeat(8, minmax(0, 27px)); gap: 1px 4px; margin-top: 3px; }
  .neighbour { font-size: 11px; line-height: 13px; text-align: center; color: var(--st-text-color); }
  .neighbour .thumb { border-radius: 3px; }
  .neighbour .label { display: block; height: 13px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  @container (max-width: 479px) {
    .steps { grid-template-columns: repeat(4, minmax(0, 76px)); }
    .near { grid-template-columns: repeat(8, minmax(0, 40px)); }
  }
  .neighbour.other .label { color: var(--st-orange-text-color); font-weight: 600; }
`;

export function openReceived(toggle) {
  const box = make("section", "received");
  const [way, near] = [make("div"), make("div")];
  const titles = [way, near].map((part) => part.appendChild(make("h4")));
  const view = {
    box, toggle, titles, config: null, cells: [],
    steps: way.appendChild(make("div", "steps", { attributes: { role: "group" } })),
    near: near.appendChild(make("div", "near", { attributes: { role: "list" } })),
  };
  box.append(way, near);
  return view;
}

export function configureReceived(view, config) {
  const known = JSON.stringify([config.steps, config.language]);
  view.config = config;
  view.box.hidden = !config.details;
  if (view.known === known) return;
  view.known = known;
  view.format = numbers(config.language, "percent");
  view.distance = numbers(config.language);
  say(view.titles[0], config.words.received);
  say(view.titles[1], config.words.neighbours);
  view.titles[1].title = config.words.distance;
  view.cells = config.steps.map((step) => openStep(view, step));
  view.steps.replaceChildren(...view.cells.map(({ button }) => button));
  view.neighbours = Array.from({ length: config.neighbours }, openNeighbour);
  view.near.replaceChildren(...view.neighbours.map(({ node }) => node));
}

function openStep(view, { name, label, title }) {
  const button = make("button", "step", { type: "button", title });
  const frame = button.appendChild(make("span", "frame")).appendChild(make("span", "picture"));
  const canvas = frame.appendChild(make("canvas", "thumb", { width: 56, height: 56 }));
  button.append(make("span", "name", { text: label }));
  const otherwise = button.appendChild(make("span", "else mono"));
  const cross = name === "centre" ? frame.appendChild(make("span", "cross", { hidden: true })) : null;
  button.onclick = () => view.toggle(name);
  return { name, label, title, button, canvas, otherwise, cross };
}

function openNeighbour() {
  const node = make("div", "neighbour", { attributes: { role: "listitem" } });
  const canvas = node.appendChild(make("canvas", "thumb", { width: 28, height: 28 }));
  return { node, canvas, label: node.appendChild(make("span", "label mono")) };
}

export function showSwitches(view, off) {
  for (const { name, button } of view.cells) mark(button, "aria-pressed", !off.has(name));
}

// Show what came with an answer; parts that did not come stay as they are.
export function showReceived(view, { meta, arrays }) {
  if (arrays.stages) view.cells.forEach((cell, index) => showStage(cell, arrays.stages, index, meta.mass));
  if (meta.otherwise) view.cells.forEach((cell) => showOtherwise(view, cell, meta));
  if (arrays.neighbours) view.neighbours.forEach((one, index) => showNeighbour(view, one, index, meta, arrays.neighbours));
}

function showStage({ canvas, cross }, stages, index, mass) {
  const side = stages.shape[1];
  toCanvas(stages.subarray(index * side * side, (index + 1) * side * side), side, side, canvas);
  if (!cross) return;
  cross.hidden = !mass;
  if (mass) Object.assign(cross.style, { left: `${100 * mass[0]}%`, top: `${100 * mass[1]}%` });
}

function showOtherwise({ config, format }, { name, label, title, button, otherwise }, meta) {
  const found = meta.otherwise[name];
  const off = button.getAttribute("aria-pressed") === "false";
  const read = found && { name: config.classes[found.top], share: format(found.probability) };
  say(otherwise, read ? fill(off ? config.words.on : config.words.off, read) : "");
  otherwise.classList.toggle("other", Boolean(found) && found.top !== meta.top);
  const told = read ? ` ${fill(off ? config.words.with : config.words.without, read)}` : "";
  button.title = `${title}${told}`;
  mark(button, "aria-label", `${label}.${told}`);
}

function showNeighbour({ config, distance }, { node, canvas, label }, index, meta, pictures) {
  const found = meta.near?.[index];
  if (!found) return emptyNeighbour({ node, canvas, label });
  const side = pictures.shape[1];
  toCanvas(pictures.subarray(index * side * side, (index + 1) * side * side), side, side, canvas);
  const name = config.classes[found.label];
  say(label, name);
  node.classList.toggle("other", found.label !== meta.top);
  node.title = fill(config.words.neighbour, { name, n: found.index, distance: distance(found.distance) });
  mark(node, "aria-label", node.title);
}

function emptyNeighbour({ node, canvas, label }) {
  canvas.width = canvas.height = 28;
  say(label, "");
  node.title = "";
  node.removeAttribute("aria-label");
}

export function emptyReceived(view) {
  for (const { canvas, cross, otherwise, button, title, label } of view.cells) {
    canvas.width = canvas.height = 56;
    if (cross) cross.hidden = true;
    say(otherwise, "");
    button.title = title;
    mark(button, "aria-label", label);
  }
  view.neighbours.forEach(emptyNeighbour);
}
