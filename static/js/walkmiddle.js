// What stands between the input and the map: the window and the stamp as grids of numbers, or how input and output go together.

const version = new URL(import.meta.url).search;
const { make, mark, paper, say } = await import(`./panel.js${version}`);
const { css, table, textOn } = await import(`./colors.js${version}`);
const { encode, frameFor, outline, paintMap } = await import(`./sheet.js${version}`);
const { channelSums, indexOf, kernelOf, valuesUnder, windowOf } = await import(`./walklines.js${version}`);

const ALL_AT_ONCE = 27; // numbers of a stamp up to which all its channels are shown

export const MIDDLE_STYLE = `
  .middle { display: grid; align-content: center; justify-items: center; gap: 8px; min-width: 0; }
  .line { display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 4px 6px; }
  .numbers figcaption { font-size: 11px; line-height: 15px; color: var(--st-gray-text-color); text-align: center; }
  .numbers { margin: 0; }
  .numbers .cells { display: grid; gap: 1px; background: var(--st-border-color); border: 1px solid var(--st-border-color); border-radius: 3px;
    overflow: hidden; width: max-content; margin: 0 auto; }
  .numbers .cells span { display: grid; place-items: center; font: 10.5px/1 var(--st-code-font); font-feature-settings: "calt" 0; }
  .numbers .cells.fine span { font-size: 9.5px; letter-spacing: -0.02em; }
  .numbers .cells span.outside { background: repeating-linear-gradient(135deg, var(--st-gray-background-color) 0 3px, var(--st-border-color) 3px 4px);
    color: var(--st-gray-text-color); }
  .numbers .cells span.best { outline: 2px solid var(--st-text-color); outline-offset: -2px; }
  .sign { font: 600 15px/1 var(--st-code-font); color: var(--st-gray-text-color); }
  .sign.sum { color: var(--st-text-color); min-width: 6ch; }
  .scatter { width: 100%; max-width: 320px; height: 200px; }
  .pair { display: flex; gap: 14px; flex-wrap: wrap; justify-content: center; }
  .pair canvas { width: 168px; height: 120px; }
`;

export function openMiddle(stage) {
  return { stage, box: make("div", "middle"), nodes: new Map(), shown: "" };
}

export function showMiddle(middle, walk, place, source, tools) {
  const kind = walk.kind === "conv" ? `conv ${walk.size} ${showsAll(walk) ? walk.arrays.in.shape[0] : 1}` : `${walk.kind} ${walk.size ?? ""}`;
  if (middle.shown !== kind) {
    middle.shown = kind;
    middle.nodes.clear();
    middle.box.replaceChildren();
  }
  SHOWS[walk.kind](middle, walk, place, source, tools);
}

export const showsAll = (walk) => walk.kind === "conv" && walk.arrays.in.shape[0] * walk.size ** 2 <= ALL_AT_ONCE;

// picture under the stamp × stamp = products, for one channel or, where there are few, for each
function showStamp(middle, walk, place, source, { words, short, sheetAt }) {
  const channels = showsAll(walk) ? Array.from({ length: walk.arrays.in.shape[0] }, (_, at) => at) : [source];
  const sums = channelSums(walk, place);
  const brief = short(sums);
  const cells = windowOf(walk, place);
  const limit = walk.kernel_limit;
  channels.forEach((channel, at) => {
    const line = nodeOf(middle, `line ${at}`, () => middle.box.appendChild(make("div", "line")));
    const [values, weights] = [valuesUnder(walk, place, channel), [...kernelOf(walk, channel)]];
    const products = values.map((value, i) => value * weights[i]);
    const look = { size: walk.size, short, many: channels.length > 1 };
    numbers(middle, line, `patch ${at}`, at ? "" : words.patch, values, { ...look, ...sheetAt(channel, cells), cells });
    sign(middle, line, `times ${at}`, "×");
    numbers(middle, line, `kernel ${at}`, at ? "" : words.kernel, weights, { ...look, bytes: encode(weights, limit), scale: "diverging" });
    sign(middle, line, `is ${at}`, "=");
    numbers(middle, line, `products ${at}`, at ? "" : words.products, products, { ...look, bytes: encode(products, walk.products_limit), scale: "diverging" });
    sign(middle, line, `sum ${at}`, `Σ ${brief(sums[channel])}`, "sign sum");
  });
}

function showWindow(middle, walk, place, _source, { words, short, sheetAt }) {
  const line = nodeOf(middle, "line", () => middle.box.appendChild(make("div", "line")));
  const values = valuesUnder(walk, place, 0);
  const best = walk.mode === "max" ? values.indexOf(Math.max(...values)) : -1;
  const cells = windowOf(walk, place);
  numbers(middle, line, "window", words.window, values, { size: walk.size, short, best, ...sheetAt(walk.channel, cells), cells });
  sign(middle, line, "to", "→");
  const value = walk.arrays.out[indexOf(walk, place)];
  numbers(middle, line, "value", walk.mode === "max" ? words.largest : words.mean, [value], { size: 1, short, ...sheetAt(walk.channel, cells, value) });
}

// Every number of the map as a point, what came in across and what went out up: the layer's function, drawn by itself.
function showScatter(middle, walk, place, _source, { words }) {
  const canvas = nodeOf(middle, "scatter", () => middle.box.appendChild(make("canvas", "scatter", { attributes: { role: "img" } })));
  const { theme } = middle.stage;
  const { painter, width, height } = paper(canvas);
  const { in: given, out: made } = walk.arrays;
  const count = walk.count ?? made.length;
  const [xs, ys] = [extent(given, count), extent(made, count)];
  const x = (value) => 30 + ((width - 38) * (value - xs[0])) / (xs[1] - xs[0]);
  const y = (value) => height - 20 - ((height - 28) * (value - ys[0])) / (ys[1] - ys[0]);
  Object.assign(painter, { strokeStyle: theme.line, lineWidth: 1 });
  for (const [x1, y1, x2, y2] of [[x(0), 4, x(0), height - 16], [26, y(0), width - 4, y(0)]]) stroke(painter, x1, y1, x2, y2);
  Object.assign(painter, { fillStyle: theme.muted, font: `11px ${theme.mono}` });
  painter.fillText(words.in, width - 4 - painter.measureText(words.in).width, Math.min(y(0) + 14, height - 4));
  painter.fillText(words.out, x(0) + 4, 12);
  Object.assign(painter, { fillStyle: theme.blue, globalAlpha: 0.45 });
  for (let at = 0; at < count; at++) painter.fillRect(x(given[at]) - 1.5, y(made[at]) - 1.5, 3, 3);
  painter.globalAlpha = 1;
  const at = Math.min(indexOf(walk, place), count - 1);
  painter.fillStyle = theme.ink;
  painter.beginPath();
  painter.arc(x(given[at]), y(made[at]), 5, 0, 2 * Math.PI);
  painter.fill();
  mark(canvas, "aria-label", `${words.map_function}`);
}

function extent(values, count) {
  let [low, high] = [0, 0];
  for (let at = 0; at < count; at++) [low, high] = [Math.min(low, values[at]), Math.max(high, values[at])];
  const room = (high - low || 1) * 0.05;
  return [low - room, high + room];
}

function stroke(painter, x1, y1, x2, y2) {
  painter.beginPath();
  painter.moveTo(x1, y1);
  painter.lineTo(x2, y2);
  painter.stroke();
}

// weights of a unit, and what they make of the inputs
function showWeights(middle, walk, place, _source, { words, fillWords }) {
  const { theme } = middle.stage;
  const line = nodeOf(middle, "pair", () => middle.box.appendChild(make("div", "pair")));
  const { in: given, weights } = walk.arrays;
  const [, height, width] = given.shape;
  const products = weights.map((weight, at) => weight * given[at]);
  [["weights", fillWords(words.weights, { n: walk.channel + 1 }), weights, walk.weights_limit], ["products", words.contribution, products, walk.products_limit]].forEach(([name, title, values, limit]) => {
    const figure = nodeOf(middle, name, () => line.appendChild(make("figure", "numbers")));
    const canvas = nodeOf(middle, `${name} canvas`, () => figure.appendChild(make("canvas")));
    const caption = nodeOf(middle, `${name} caption`, () => figure.appendChild(make("figcaption")));
    say(caption, title);
    const box = paper(canvas);
    const map = { bytes: encode(values, limit), height, width, scale: "diverging", count: walk.count };
    const frame = frameFor(map, box);
    paintMap(box.painter, map, frame.rect, theme);
    outline(box.painter, frame.cell(...place), theme.ink, theme.background, 1.5);
  });
}

function showNothing(middle) {
  const arrow = nodeOf(middle, "arrow", () => middle.box.appendChild(make("span", "sign", { text: "→" })));
  arrow.setAttribute("aria-hidden", "true");
}

const SHOWS = { conv: showStamp, pool: showWindow, activation: showScatter, batch_norm: showScatter, dropout: showScatter, linear: showWeights,
  flatten: showNothing, scores: showScatter };

function nodeOf({ nodes }, name, create) {
  if (!nodes.has(name)) nodes.set(name, create());
  return nodes.get(name);
}

function sign(middle, line, name, text, kind = "sign") {
  say(nodeOf(middle, name, () => line.appendChild(make("span", kind))), text);
}

// A small grid of numbers on their colours; large stamps have colours only.
function numbers(middle, line, name, title, values, { size, short, many, bytes, scale, cells, best }) {
  const figure = nodeOf(middle, name, () => {
    const made = line.appendChild(make("figure", "numbers"));
    made.append(make("figcaption"), make("div", "cells"));
    return made;
  });
  const [caption, grid] = figure.children;
  say(caption, title);
  const [wide, tall] = size > 5 ? [13, 13] : size > 3 ? [34, 19] : many ? [38, 22] : [38, 31];
  grid.style.gridTemplateColumns = `repeat(${Math.sqrt(values.length)}, ${wide}px)`;
  while (grid.children.length < values.length) grid.append(make("span"));
  const colours = table(scale, middle.stage.theme);
  const write = short(values);
  grid.classList.toggle("fine", write.fine);
  values.forEach((value, at) => {
    const cell = grid.children[at];
    const outside = cells && cells.length === values.length && !cells[at][2];
    const pixel = colours[bytes[at]];
    const colour = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    mark(cell, "class", [outside ? "outside" : "", at === best ? "best" : ""].join(" ").trim());
    Object.assign(cell.style, { height: `${tall}px`, background: outside ? "" : css(colour), color: outside ? "" : textOn(colour, middle.stage.theme) });
    say(cell, size > 5 ? "" : write(value));
    cell.title = write(value);
  });
}
