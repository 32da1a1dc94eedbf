// All heads' attention from one array of bytes: where each small map lies, and the map of one head as a sprite.
//
// The topic "attention": groups [{name, title, layers, heads, rows [text], columns [text], start, causal}], and the
// bytes "sheet": of each group from `start` on (layers, heads, rows, columns), 255 being a weight of 1. A row is the
// token that looks, a column the one that is looked at.

const LABEL = 14;  // pixels for the number of a layer
const TITLE = 18;
const GAP = 4;
const AIR = 10;    // between two groups
const LARGEST = 84;

// Returns {cell, tall, blocks [{group, x, y}]}: the arrangement of the groups in which the maps are largest.
export function layOutHeads(groups, width, most) {
  const plans = groups.map((_, at) => arrange(groups, at + 1, width, most));
  return plans.reduce((best, plan) => (plan.cell > best.cell ? plan : best));
}

function arrange(groups, across, width, most) {
  const bands = [];
  for (let at = 0; at < groups.length; at += across) bands.push(groups.slice(at, at + across));
  const room = (width - AIR * (across - 1)) / across;
  const heads = Math.max(...groups.map((group) => group.heads));
  const layers = bands.map((band) => Math.max(...band.map((group) => group.layers)));
  const rows = layers.reduce((sum, count) => sum + count, 0);
  const wide = (room - LABEL) / heads - GAP;
  const high = (most - bands.length * TITLE - (bands.length - 1) * AIR) / rows - GAP;
  const cell = Math.max(6, Math.floor(Math.min(wide, high, LARGEST)));
  const blocks = [];
  let y = 0;
  bands.forEach((band, at) => {
    band.forEach((group, place) => blocks.push({ group, x: Math.round(place * (room + AIR)), y }));
    y += TITLE + layers[at] * (cell + GAP) + AIR;
  });
  return { cell, tall: y - AIR, blocks };
}

// The square in which a head's map lies, as [x, y, side].
export function squareOf({ cell, blocks }, name, layer, head) {
  const block = blocks.find(({ group }) => group.name === name);
  return block && [block.x + LABEL + head * (cell + GAP), block.y + TITLE + layer * (cell + GAP), cell];
}

// The head under a point as {cell: group, layer, unit: head}, or null.
export function headAt({ cell, blocks }, x, y) {
  for (const { group, x: left, y: top } of blocks) {
    const [unit, layer] = [Math.floor((x - left - LABEL) / (cell + GAP)), Math.floor((y - top - TITLE) / (cell + GAP))];
    if (unit >= 0 && unit < group.heads && layer >= 0 && layer < group.layers) return { cell: group.name, layer, unit };
  }
  return null;
}

// The group, layer and head that a place on the board means among those that are there.
export function settle(told, { cell, layer, unit }, first) {
  const group = told.groups.find(({ name }) => name === cell) ?? told.groups.find(({ name }) => name === first) ?? told.groups[0];
  return { group, layer: Math.min(layer, group.layers - 1), head: Math.min(unit, group.heads - 1) };
}

// The bytes of one head, row by row.
export function mapOf(told, group, layer, head) {
  const size = group.rows.length * group.columns.length;
  const start = group.start + (layer * group.heads + head) * size;
  return told.arrays.sheet.subarray(start, start + size);
}

export function sprite(bytes, rows, columns, colours) {
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const painter = canvas.getContext("2d");
  const image = painter.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) pixels[at] = colours[bytes[at]];
  painter.putImageData(image, 0, 0);
  return canvas;
}

// A token as it is written on screen: what cannot be seen gets a sign.
export const shown = (token) => token.replace(/ /g, "·").replace(/\n/g, "⏎");
