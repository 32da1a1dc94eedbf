// Rows of numbers in colours: a vector as a strip, some vectors under each other as a matrix, and a bar a token.
//
// A row is {key, kind, label, ...}: "strip" {values, note}, "matrix" {values (a typed array), names, marked},
// "bars" {names, columns [{title, values, bar, text}], marked, choose}, "formula" {text}. Rows keep their places and
// nodes while their keys stay, so that nothing flickers while numbers change.

import { make, mark, say } from "./panel.js";
import { table } from "./colors.js";
import { typeset, writer } from "./formula.js";

export const STRIPS_STYLE = `
  .strips { display: grid; grid-template-columns: minmax(64px, max-content) minmax(0, 1fr) minmax(9ch, max-content); gap: 5px 10px; align-items: center; font-size: 12px; }
  .strips .label { color: var(--st-gray-text-color); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 190px; }
  .strips .label sub { line-height: 0; }
  .strips canvas { width: 100%; height: 15px; image-rendering: pixelated; border-radius: 3px; cursor: crosshair; }
  .strips .value { color: var(--st-gray-text-color); font-size: 11.5px; text-align: right; white-space: nowrap; min-width: 14ch; }
  .strips .whole { grid-column: 1 / -1; min-width: 0; overflow-x: auto; }
  .strips .formula { font-family: var(--st-code-font); font-size: 12.5px; line-height: 19px; white-space: nowrap; }
  .strips .formula sub, .strips .formula sup { line-height: 0; }
  .matrix { display: grid; grid-template-columns: 84px minmax(0, 1fr); gap: 0 8px; align-items: stretch; }
  .matrix .names { display: grid; grid-auto-rows: 1fr; font: 11.5px/14px var(--st-code-font); text-align: right; min-width: 0; }
  .matrix .names span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; align-self: center; }
  .matrix .names .on { font-weight: 700; }
  .bars { border-collapse: collapse; font-size: 12px; }
  .bars th { font-weight: 400; color: var(--st-gray-text-color); text-align: right; padding: 0 12px 2px 0; font-size: 11.5px; white-space: nowrap; }
  .bars td { text-align: right; padding: 0 12px 0 0; height: 20px; border-top: 1px solid var(--st-border-color); font-family: var(--st-code-font); white-space: nowrap; }
  .bars th:first-child, .bars td:first-child { text-align: left; }
  .bars tr.on td:first-child { font-weight: 700; }
  .bars tbody tr.pick { cursor: pointer; }
  .bars tbody tr.pick:hover td { background: var(--st-gray-background-color); }
  .bars .bar { display: inline-block; vertical-align: middle; width: 90px; height: 8px; border-radius: 3px; background: var(--st-gray-background-color); margin-left: 8px; overflow: hidden; }
  .bars .bar i { display: block; height: 100%; background: var(--st-primary-color); transform-origin: left; }
`;

const KINDS = { strip: [openStrip, fillStrip], matrix: [openMatrix, fillMatrix], bars: [openBars, fillBars], formula: [openFormula, fillFormula] };

// Bring the rows into a place; `scene` has theme, language and words.
export function showRows(place, rows, scene) {
  const held = (place.held ??= new Map());
  const nodes = rows.flatMap((row) => {
    if (held.get(row.key)?.kind !== row.kind) held.set(row.key, { kind: row.kind, nodes: KINDS[row.kind][0]() });
    return held.get(row.key).nodes;
  });
  const there = [...place.children];
  if (there.length !== nodes.length || nodes.some((node, at) => node !== there[at])) place.replaceChildren(...nodes);
  for (const row of rows) KINDS[row.kind][1](held.get(row.key).nodes, row, scene);
}

function openStrip() {
  return [make("span", "label"), make("canvas", "", { attributes: { role: "img" } }), make("span", "value mono")];
}

function fillStrip([label, canvas, value], { label: name, values, note, limit }, { theme, language, words }) {
  typeset(label, name);
  const write = writer(language, 3);
  const most = limit ?? largest(values);
  paint(canvas, values, 1, values.length, most, theme);
  const rest = note ?? `±${write(most)}`;
  if (!canvas.matches(":hover")) say(value, rest);
  canvas.onpointermove = (event) => {
    const at = Math.min(Math.floor((event.offsetX / canvas.clientWidth) * values.length), values.length - 1);
    say(value, `${words.dimension} ${at + 1}: ${write(values[at])}`);
  };
  canvas.onpointerleave = () => say(value, rest);
  mark(canvas, "aria-label", `${label.textContent}: ${values.length} ${words.numbers}, ${rest}`);
}

function openMatrix() {
  const whole = make("div", "whole");
  const label = whole.appendChild(make("div", "label"));
  const box = whole.appendChild(make("div", "matrix"));
  box.append(make("div", "names"), make("canvas", "", { attributes: { role: "img" } }));
  label.style.maxWidth = "none";
  return [whole];
}

function fillMatrix([whole], { label, values, names, marked }, { theme, language, words }) {
  const [name, box] = whole.children;
  const [list, canvas] = box.children;
  const across = values.length / names.length;
  const write = writer(language, 3);
  const most = largest(values);
  while (list.children.length > names.length) list.lastChild.remove();
  while (list.children.length < names.length) list.append(make("span"));
  const tall = names.length > 24 ? 6 : 14;
  list.style.height = canvas.style.height = `${names.length * tall}px`;
  names.forEach((text, at) => {
    say(list.children[at], tall < 14 && at % 2 ? "" : text);
    mark(list.children[at], "class", at === marked ? "on" : "");
  });
  paint(canvas, values, names.length, across, most, theme);
  const rest = `${label} (±${write(most)})`;
  if (!canvas.matches(":hover")) typeset(name, rest);
  canvas.onpointermove = (event) => {
    const row = Math.min(Math.floor((event.offsetY / canvas.clientHeight) * names.length), names.length - 1);
    const at = Math.min(Math.floor((event.offsetX / canvas.clientWidth) * across), across - 1);
    typeset(name, `${label}, ${names[row]}, ${words.dimension} ${at + 1}: ${write(values[row * across + at])}`);
  };
  canvas.onpointerleave = () => typeset(name, rest);
  mark(canvas, "aria-label", rest);
}

function openFormula() {
  return [make("div", "whole formula")];
}

function fillFormula([node], { text }) {
  typeset(node, text);
}

function openBars() {
  const whole = make("div", "whole");
  const sheet = whole.appendChild(make("table", "bars"));
  sheet.append(make("thead"), make("tbody"));
  return [whole];
}

function fillBars([whole], { label, names, columns, marked, choose }, { theme }) {
  const [top, body] = whole.firstChild.children;
  if (top.dataset.key !== String(columns.length)) {
    top.dataset.key = columns.length;
    top.replaceChildren(make("tr"));
    top.firstChild.append(...[null, ...columns].map(() => make("th", "", { scope: "col" })));
    body.replaceChildren();
  }
  [label, ...columns.map(({ title }) => title)].forEach((text, at) => typeset(top.firstChild.children[at], text));
  while (body.children.length > names.length) body.lastChild.remove();
  while (body.children.length < names.length) body.append(openLine(columns));
  names.forEach((name, at) => {
    const line = body.children[at];
    mark(line, "class", `${at === marked ? "on " : ""}${choose ? "pick" : ""}`);
    line.onclick = choose ? () => choose(at) : null;
    say(line.firstChild, name);
    columns.forEach(({ values, bar, text }, place) => {
      const cell = line.children[place + 1];
      say(cell.firstChild, text(values[at]));
      if (bar) Object.assign(cell.lastChild.firstChild.style, { transform: `scaleX(${Math.min(Math.abs(values[at]) / bar, 1)})`, background: values[at] < 0 ? theme.orange : theme.blue });
    });
  });
}

function openLine(columns) {
  const line = make("tr");
  line.append(make("td"), ...columns.map(({ bar }) => {
    const cell = make("td");
    cell.append(make("span"));
    if (bar) cell.append(make("span", "bar")), cell.lastChild.append(make("i"));
    return cell;
  }));
  return line;
}

export function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
}

function paint(canvas, values, high, wide, limit, theme) {
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const painter = canvas.getContext("2d");
  const image = painter.createImageData(wide, high);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = table("diverging", theme);
  for (let at = 0; at < pixels.length; at++) pixels[at] = colours[Math.round(Math.min(Math.max(values[at] / limit, -1), 1) * 127) + 128];
  painter.putImageData(image, 0, 0);
}
