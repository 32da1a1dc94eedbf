// The drawing of an unrolled sequence: where its columns and maps lie, and the maps as sprites of one pixel a unit.

import { table } from "./colors.js";
import { stepOf } from "./pointing.js";

const SURPRISE = 26;  // pixels for the bars over the text
const TEXT = 20;
const NUMBERS = 44;   // the same for inputs that are numbers
const MAPS = 270;     // for all maps together, so that nothing moves when another cell is looked at
const GAP = 6;
const LEAST = 8;      // pixels of a column; where that is too wide, the picture is pulled sideways

// The maps of one cell's layer, or with null the hidden states of all cells.
export function shownMaps(told, cell, layer) {
  if (cell === null) return told.cells.map(({ name, title, maps, layers }) => ({ ...maps[0], symbol: "h", title, cell: name, layer: Math.min(layer, layers - 1) }));
  const found = told.cells.find(({ name }) => name === cell);
  return found.maps.map((map) => ({ ...map, limit: limitOf(map, found, layer), cell, layer: Math.min(layer, found.layers - 1) }));
}

const limitOf = (map, cell, layer) => (Array.isArray(map.limit) ? map.limit[Math.min(layer, cell.layers - 1)] : map.limit);

const pixelsOf = (told, { cell, layer, name }) => told.arrays[`${cell}.${layer}.${name}`];

export function layOut(width, told, maps, _all, painter, theme) {
  const count = told.count;
  painter.font = `12px ${theme.mono}`;
  const widest = told.inputs ? Math.max(LEAST, ...told.inputs.map((text) => (text.length > 1 ? painter.measureText(text).width + 8 : 0))) : 3;
  const column = Math.max(width / count, widest);
  const lane = told.surprised ? SURPRISE : 0;
  const text = { top: lane, height: told.inputs ? TEXT : NUMBERS };
  const start = lane + text.height + 4;
  const each = Math.floor((MAPS - GAP * (maps.length - 1)) / maps.length);
  const tops = maps.map((_, at) => start + at * (each + GAP));
  const units = maps[0] ? pixelsOf(told, maps[0])?.shape[0] ?? 1 : 1;
  return { count, column, wide: Math.round(column * count), tall: start + MAPS, lane, text, tops, each, maps, units };
}

// The step, and over a map the unit and its cell, under a point.
export function placeAt({ count, column, tops, each, maps, units }, x, y) {
  const step = Math.max(0, Math.min(Math.floor(x / column), count - 1));
  const at = tops.findIndex((top) => y >= top && y < top + each);
  if (at < 0) return { step };
  const unit = Math.max(0, Math.min(Math.floor(((y - tops[at]) / each) * units), units - 1));
  return { step, unit, cell: maps[at].cell };
}

export function paint({ painter, height }, scene) {
  const { told, at, maps, tops, each, column, count, units, theme } = scene;
  const step = stepOf(at, count);
  painter.fillStyle = theme.neutral;
  painter.fillRect(step * column, 0, column, height);
  if (scene.lane) paintSurprise(painter, scene);
  if (told.inputs) paintTexts(painter, scene, step);
  else paintNumbers(painter, scene, step);
  painter.imageSmoothingEnabled = false;
  maps.forEach((map, index) => paintMap(painter, scene, map, tops[index]));
  painter.strokeStyle = theme.ink;
  painter.lineWidth = 1.5;
  maps.forEach((map, index) => frameColumn(painter, step * column, tops[index], column, each));
  const row = each / units;
  maps.forEach((map, index) => {
    if (map.cell !== scene.cell && map.cell) return;
    markUnit(painter, tops[index] + (Math.min(at.unit, units - 1) + 0.5) * row, step * column, column, Math.max(row, 3), theme);
  });
}

function paintMap(painter, { told, sprites, theme, column, count, each }, map, top) {
  const key = `${map.cell}.${map.layer}.${map.name}.${theme.background}`;
  if (!sprites.has(key)) sprites.set(key, sprite(pixelsOf(told, map), table(map.scale, theme)));
  const made = sprites.get(key);
  if (made) painter.drawImage(made, 0, top, column * count, each);
}

function sprite(bytes, colours) {
  if (!bytes?.length) return null;
  const [height, width] = bytes.shape;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const painter = canvas.getContext("2d");
  const image = painter.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[bytes[i]];
  painter.putImageData(image, 0, 0);
  return canvas;
}

function frameColumn(painter, x, y, width, height) {
  painter.strokeRect(Math.max(0.75, x + 0.75), y + 0.75, Math.max(width - 1.5, 1), height - 1.5);
}

function markUnit(painter, middle, x, width, tall, theme) {
  painter.save();
  painter.strokeStyle = theme.background;
  painter.lineWidth = 4;
  painter.strokeRect(x + 1, middle - tall / 2, width - 2, tall);
  painter.strokeStyle = theme.ink;
  painter.lineWidth = 2;
  painter.strokeRect(x + 1, middle - tall / 2, width - 2, tall);
  painter.restore();
}

function paintTexts(painter, { told, column, text, theme, cell }, step) {
  painter.font = `13px ${theme.mono}`;
  painter.textAlign = "center";
  painter.textBaseline = "middle";
  told.inputs.forEach((symbol, at) => {
    painter.fillStyle = at === step ? theme.ink : symbol === "⏎" ? theme.muted : theme.ink;
    painter.font = `${at === step ? "700" : "400"} 13px ${theme.mono}`;
    painter.fillText(symbol === " " ? "·" : symbol, (at + 0.5) * column, text.top + text.height / 2);
  });
}

function paintSurprise(painter, { told, cell, column, lane, theme }) {
  const bits = told.arrays[`${cell}.surprise`];
  if (!bits) return;
  painter.fillStyle = theme.orange;
  bits.forEach((value, at) => {
    const height = Math.min(value / 10, 1) * (lane - 2);
    painter.fillRect((at + 1) * column + 1, lane - height, Math.max(column - 2, 1), Math.max(height, 0.5));
  });
}

// Numbers as a line, their marks (the adding problem) as dots.
function paintNumbers(painter, { told, column, count, text, theme }, step) {
  const { inputs } = told.arrays;
  const width = inputs.shape[1];
  const values = Array.from({ length: count }, (_, at) => inputs[at * width]);
  const [low, high] = [Math.min(0, ...values), Math.max(...values, 1e-9)];
  const y = (value) => text.top + 4 + (text.height - 8) * (1 - (value - low) / (high - low));
  painter.strokeStyle = theme.grey;
  painter.lineWidth = 1.5;
  painter.beginPath();
  values.forEach((value, at) => painter.lineTo((at + 0.5) * column, y(value)));
  painter.stroke();
  const dot = (at, colour, radius) => {
    painter.fillStyle = colour;
    painter.beginPath();
    painter.arc((at + 0.5) * column, y(values[at]), radius, 0, 2 * Math.PI);
    painter.fill();
  };
  if (width > 1) values.forEach((_, at) => inputs[at * width + 1] > 0.5 && dot(at, theme.blue, 4));
  dot(step, theme.ink, 3);
}
