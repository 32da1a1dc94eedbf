// The picture of a walk: inputs, neurons as pairs of sum and activation, the loss; weights as lines between them.

import { typesetSvg } from "./formula.js";

const SVG = "http://www.w3.org/2000/svg";
const BOX = { width: 66, height: 50 };
const NARROW = 480;
const ROW = 78;
const LABEL = 0.27; // where on its line a weight stands, from its source

export const GRAPH_STYLE = `
  .graph { overflow-x: auto; border-radius: 8px; }
  .graph svg { display: block; }
  .graph text { font-family: var(--st-code-font); font-size: 12px; fill: var(--st-text-color); }
  .graph .name { font-family: var(--st-font); font-size: 11px; fill: var(--st-gray-text-color); }
  .graph .small { font-size: 8.5px; }
  .graph .slope { font-size: 11px; }
  .graph .positive { fill: var(--st-blue-text-color); } .graph .negative { fill: var(--st-orange-text-color); }
  .graph rect { fill: var(--st-background-color); stroke: var(--st-border-color); stroke-width: 1.25; }
  .graph .place { cursor: pointer; } .graph .place[data-id^=x], .graph .target { cursor: text; }
  .graph .narrow text { font-size: 11px; } .graph .narrow .slope { font-size: 9.5px; }
  .graph .place.lit rect { stroke: var(--st-text-color); stroke-width: 2; fill: var(--st-secondary-background-color); }
  .graph .place.lit .value, .graph .place.lit .slope { font-weight: 700; }
  .graph .wire { fill: none; stroke-linecap: round; pointer-events: none; opacity: .5; }
  .graph .lit > .wire, .graph .picked > .wire { opacity: 1; }
  .graph .hit { fill: none; stroke: transparent; stroke-width: 14; cursor: pointer; }
  .graph .weight:hover > .wire { opacity: 1; }
  .graph .weight .label { text-anchor: middle; font-size: 11px; paint-order: stroke; stroke: var(--st-background-color);
    stroke-width: 4px; stroke-linejoin: round; cursor: pointer; }
  .graph .weight .label.quiet { display: none; }
  .graph .weight:hover .label, .graph .lit .label, .graph .picked .label { display: inline; font-weight: 700; }
  .graph .head { stroke: none; }
  .graph .picked > .glow { stroke: var(--st-text-color); opacity: .16; }
  .graph .glow { fill: none; stroke: none; stroke-linecap: round; pointer-events: none; }
  .graph .bias.picked .label, .graph .target:hover .label { text-decoration: underline; }
  .graph .corner { font-size: 11px; cursor: pointer; }
`;

const make = (tag, attributes = {}, parent = null) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  parent?.append(element);
  return element;
};

// Opens the picture in a box; `on` is told what is clicked: pick(weight), visit(place), edit(input or target, element).
export function openGraph(box, on) {
  const svg = make("svg", { role: "img" }, box);
  return { box, svg, on, built: "", places: new Map(), weights: new Map(), corners: new Map() };
}

// Draw an answer at one of its steps; `known` has what was found up to here.
export function drawGraph(graph, scene) {
  build(graph, scene);
  const { answer, step, known, picked, brief: write } = scene;
  const largest = Math.max(...Object.values(answer.weights).map(({ value }) => Math.abs(value)), 0.5);
  for (const [id, place] of graph.places) showPlace(id, place, scene);
  for (const [name, weight] of graph.weights) {
    const lit = step.edges.includes(name) || (step.kind === "update" && step.finds.includes(name));
    showWeight(weight, answer.weights[name], { lit, picked: name === picked, known: known(name), largest, step, write });
  }
  for (const [id, corner] of graph.corners) showCorner(id, corner, scene);
}

// Where things stand: columns of boxes with as much room between them as there is.
function plan(scene, width) {
  const { sizes, scalars } = scene.answer;
  const last = sizes.length - 1;
  const [wide, least] = width < NARROW ? [57, 38] : [BOX.width, 58];
  const halves = sizes.map((_count, layer) => (layer === 0 ? 1 : `a${layer}.1` in scalars || (layer === last && "p1" in scalars) ? 2 : 1));
  const gaps = sizes.length;
  const across = (stacked) => halves.reduce((sum, count) => sum + (stacked ? 1 : count) * wide, wide) + gaps * least;
  const stacked = across(false) > width;
  const total = Math.max(width, across(stacked));
  const gap = Math.min(190, least + (total - across(stacked)) / gaps);
  const row = ROW + (stacked && halves.includes(2) ? BOX.height : 0);
  const height = Math.max(...sizes) * row + 8;
  const used = across(stacked) + gaps * (gap - least);
  let x = (total - used) / 2;
  const columns = halves.map((count) => {
    const column = { x, count, width: (stacked ? 1 : count) * wide };
    x += column.width + gap;
    return column;
  });
  return { total, height, row, stacked, columns, loss: x, wide };
}

function build(graph, scene) {
  const width = Math.floor(graph.box.clientWidth) || 700;
  const { sizes, scalars } = scene.answer;
  const key = JSON.stringify([width, sizes, Object.keys(scalars)]);
  if (graph.built === key) return;
  graph.built = key;
  const { places, weights, corners, svg } = graph;
  [places, weights, corners].forEach((kept) => kept.clear());
  svg.replaceChildren();
  const at = plan(scene, width);
  svg.setAttribute("width", at.total);
  svg.classList.toggle("narrow", at.wide < BOX.width);
  graph.wide = at.wide;
  svg.setAttribute("height", at.height);
  const [lines, boxes] = [make("g", {}, svg), make("g", {}, svg)];
  sizes.forEach((count, layer) => {
    for (let index = 1; index <= count; index++) addNeuron(graph, boxes, at, scene, layer, index);
  });
  addPlace(graph, boxes, "L", at.loss, at.height / 2 - BOX.height / 2);
  addLines(graph, lines, sizes, scalars);
}

function addNeuron(graph, boxes, at, { answer: { sizes, scalars } }, layer, index) {
  const { x, count, width } = at.columns[layer];
  const tall = (at.stacked ? count : 1) * BOX.height;
  const top = at.height / 2 + (index - 1 - (sizes[layer] - 1) / 2) * at.row - tall / 2 - 6;
  if (layer === 0) return void addPlace(graph, boxes, `x${index}`, x, top);
  addPlace(graph, boxes, `z${layer}.${index}`, x, top);
  const second = `a${layer}.${index}` in scalars ? `a${layer}.${index}` : `p${index}`;
  if (count === 2) addPlace(graph, boxes, second, at.stacked ? x : x + at.wide, at.stacked ? top + BOX.height : top);
  addCorner(graph, boxes, `b${layer}.${index}`, x + 2, top + tall + 13, "start");
  const low = index > (sizes[layer] + 1) / 2;
  if (layer === sizes.length - 1) addCorner(graph, boxes, `t${index}`, x + width + 5, low ? top + tall : top + 9, "start");
}

function addPlace(graph, parent, id, x, y) {
  const group = make("g", { class: "place", transform: `translate(${x} ${y})`, "data-id": id }, parent);
  make("rect", { width: graph.wide, height: BOX.height, rx: 7 }, group);
  const text = (name, line) => make("text", { class: name, x: graph.wide / 2, y: line, "text-anchor": "middle" }, group);
  const place = { group, x, y, wide: graph.wide, name: text("name", 14), value: text("value", 29), slope: text("slope", 43) };
  group.onclick = () => (id[0] === "x" ? graph.on.edit(id, group) : graph.on.visit(id));
  graph.places.set(id, place);
}

function addCorner(graph, parent, id, x, y, anchor) {
  const group = make("g", { class: id[0] === "b" ? "bias" : "target", "data-id": id }, parent);
  const label = make("text", { class: "corner label", x, y, "text-anchor": anchor }, group);
  group.onclick = () => (id[0] === "b" ? graph.on.pick(id) : graph.on.edit(id, group));
  graph.corners.set(id, { group, label });
}

function addLines(graph, parent, sizes, scalars) {
  const out = (layer, index) => graph.places.get(layer ? `a${layer}.${index}` : `x${index}`) ?? graph.places.get(`p${index}`) ?? graph.places.get(`z${layer}.${index}`);
  for (let layer = 1; layer < sizes.length; layer++) {
    const crowded = sizes[layer] * sizes[layer - 1] > 9;
    for (let to = 1; to <= sizes[layer]; to++) {
      for (let from = 1; from <= sizes[layer - 1]; from++) {
        const source = layer > 1 ? graph.places.get(`a${layer - 1}.${from}`) ?? graph.places.get(`z${layer - 1}.${from}`) : out(0, from);
        addWeight(graph, parent, `w${layer}.${to}.${from}`, source, graph.places.get(`z${layer}.${to}`), crowded);
      }
    }
  }
  const loss = graph.places.get("L");
  const last = sizes.length - 1;
  for (let index = 1; index <= sizes[last]; index++) {
    const source = "p1" in scalars ? graph.places.get(`p${index}`) : out(last, index);
    const line = make("path", { class: "wire", d: curve(ends(source, loss)), stroke: "var(--st-gray-color)", "stroke-width": 1.25 });
    parent.prepend(line);
  }
}

function ends(source, goal) {
  return { x1: source.x + source.wide, y1: source.y + BOX.height / 2, x2: goal.x, y2: goal.y + BOX.height / 2 };
}

const curve = ({ x1, y1, x2, y2 }) => `M${x1} ${y1} L${x2} ${y2}`;

function addWeight(graph, parent, name, source, goal, crowded) {
  const line = ends(source, goal);
  const group = make("g", { class: "weight", "data-id": name }, parent);
  const path = { d: curve(line) };
  const weight = {
    group, line, crowded, glow: make("path", { class: "glow", ...path }, group), wire: make("path", { class: "wire", ...path }, group),
    head: make("path", { class: "head" }, group), hit: make("path", { class: "hit", ...path }, group),
    label: make("text", { class: "label", x: line.x1 + (line.x2 - line.x1) * LABEL, y: line.y1 + (line.y2 - line.y1) * LABEL + 4 }, group),
  };
  group.onclick = () => graph.on.pick(name);
  graph.weights.set(name, weight);
}

function showPlace(id, place, { answer, step, known, slopeKnown, brief: write }) {
  const scalar = answer.scalars[id];
  place.group.classList.toggle("lit", step.at === id);
  typesetSvg(place.name, scalar.symbol);
  place.value.textContent = known(id) || id[0] === "x" ? write(scalar.value) : "·";
  place.slope.textContent = slopeKnown(id) ? `∂${write(scalar.gradient)}` : "";
  sign(place.slope, scalar.gradient);
}

function sign(element, value) {
  element.classList.toggle("positive", value > 0);
  element.classList.toggle("negative", value < 0);
}

function showWeight(weight, { value, gradient, after }, { lit, picked, largest, step, write }) {
  const shown = lit && step.phase === 3 ? after : value;
  const colour = shown < 0 ? "var(--st-orange-color)" : "var(--st-primary-color)";
  const width = 1 + 4.5 * Math.min(Math.abs(shown) / largest, 1);
  weight.wire.setAttribute("stroke", colour);
  weight.wire.setAttribute("stroke-width", width.toFixed(2));
  weight.glow.setAttribute("stroke-width", (width + 9).toFixed(2));
  weight.group.classList.toggle("lit", lit);
  weight.group.classList.toggle("picked", picked);
  weight.label.classList.toggle("quiet", weight.crowded);
  weight.label.textContent = lit && step.kind === "weights" ? `∂ ${write(gradient)}` : write(shown);
  sign(weight.label, lit && step.kind === "weights" ? gradient : shown);
  weight.head.setAttribute("fill", colour);
  weight.head.setAttribute("d", lit ? arrow(weight.line, step.phase === 2, width) : "");
}

// The head of an arrow at the end that the numbers flow to.
function arrow({ x1, y1, x2, y2 }, back, width) {
  const [tx, ty, fx, fy] = back ? [x1, y1, x2, y2] : [x2, y2, x1, y1];
  const length = Math.hypot(tx - fx, ty - fy) || 1;
  const [ux, uy] = [(tx - fx) / length, (ty - fy) / length];
  const [long, half] = [11 + width, 4 + width];
  const point = (along, side) => `${(tx - ux * along - uy * side).toFixed(1)} ${(ty - uy * along + ux * side).toFixed(1)}`;
  return `M${point(0, 0)} L${point(long, half)} L${point(long, -half)} Z`;
}

function showCorner(id, { group, label }, { answer, step, picked, brief: write }) {
  if (id[0] === "t") return void typesetSvg(label, `${answer.scalars[id].symbol} = ${write(answer.scalars[id].value)}`);
  const { value, gradient, after } = answer.weights[id];
  const lit = step.edges.includes(id);
  const slope = lit && step.kind === "weights";
  typesetSvg(label, `b ${slope ? `∂ ${write(gradient)}` : write(lit && step.phase === 3 ? after : value)}`);
  group.classList.toggle("lit", lit);
  group.classList.toggle("picked", id === picked);
  sign(label, slope ? gradient : value);
}
