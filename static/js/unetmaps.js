// The maps of one part of the denoiser, side by side in one picture: the sprite of its level, each map as it lies there.

import { fill, make, mark, say } from "./panel.js";
import { table } from "./colors.js";

const WIDE = 480; // pixels that the maps have on the screen, at most
const GAP = 1;    // between two maps, in their own pixels

export function openInside(node) {
  const note = node.appendChild(make("div", "note", { attributes: { "aria-live": "off" } }));
  return { node, note, canvas: node.appendChild(make("canvas", "", { attributes: { role: "img" } })) };
}

export function showInside({ inside: { node, note, canvas }, meta, arrays, stage: { theme } }, chosen) {
  const found = find(meta.levels ?? [], chosen.name);
  node.hidden = !found;
  if (!found) return;
  const { level, part } = found;
  const limit = new Intl.NumberFormat(meta.language, { maximumSignificantDigits: 2 }).format(part.limit);
  say(note, fill(meta.words.maps, { count: part.count, limit }));
  mark(canvas, "aria-label", `${chosen.title}. ${note.textContent}`);
  paint(canvas, arrays[`maps${level}`], meta.levels[level].side, part, table("diverging", theme));
}

function find(levels, name) {
  for (const [level, { parts }] of levels.entries()) {
    const part = parts.find((one) => one.name === name);
    if (part) return { level, part };
  }
  return null;
}

function paint(canvas, maps, side, { first, count }, colours) {
  const large = Math.max(1, Math.min(Math.round(42 / side), 4)); // a map is about as large on the screen whatever its side
  const across = Math.min(count, Math.max(1, Math.floor(WIDE / ((side + GAP) * large))));
  const [width, height] = [across * (side + GAP) - GAP, Math.ceil(count / across) * (side + GAP) - GAP];
  Object.assign(canvas, { width, height });
  canvas.style.width = `min(100%, ${width * large}px)`;
  const painter = canvas.getContext("2d");
  for (let at = 0; at < count; at++) {
    const image = painter.createImageData(side, side);
    const pixels = new Uint32Array(image.data.buffer);
    const from = (first + at) * side * side;
    for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = colours[maps[from + pixel]];
    painter.putImageData(image, (at % across) * (side + GAP), Math.floor(at / across) * (side + GAP));
  }
}
