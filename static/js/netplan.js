// Where everything of a network's diagram stands: columns of square maps, and the curves between them.
//
// A column is {x, size, nodes: [{x, y, size}]}; x and y are a map's left upper corner in pixels.

export const FEATURE_LABEL = 42; // pixels to the left of the inputs for their names
export const OUTPUT_LABEL = 14;  // pixels to the right of the outputs for their classes' colours
const [LARGEST, SMALLEST] = [42, 13];
const LEAST_LINK = 14; // pixels that a link has between two columns, at least
const GAP = 4;         // pixels between two maps of a column
export const THICKEST = 5; // the weight from which on a link grows no thicker

// Place columns of `counts` maps (the inputs first, the outputs last) in a box.
export function plan(counts, width, height) {
  const inner = { left: FEATURE_LABEL, right: width - OUTPUT_LABEL };
  const pitch = (inner.right - inner.left) / counts.length;
  const columns = counts.map((count, at) => {
    const row = height / Math.max(count, 1);
    const size = Math.round(Math.min(Math.max(Math.min(row - GAP, pitch - LEAST_LINK), SMALLEST), LARGEST));
    return { size, row: Math.min(row, size + 26), at };
  });
  const least = Math.min(...columns.slice(1).map(({ size }) => size), LARGEST);
  const span = inner.right - inner.left - columns[0].size - columns.at(-1).size;
  const between = counts.length > 1 ? (span - sum(columns.slice(1, -1))) / (counts.length - 1) : 0;
  let x = inner.left;
  for (const column of columns) {
    column.x = x;
    column.nodes = place(column, counts[column.at], height);
    x += column.size + between;
  }
  return { columns, width, height, between, thick: Math.min(9, Math.max(3, least * 0.26)) };
}

const sum = (columns) => columns.reduce((total, { size }) => total + size, 0);

function place({ x, size, row }, count, height) {
  const top = (height - count * row) / 2 + (row - size) / 2;
  return Array.from({ length: count }, (_, index) => ({ x, y: top + index * row, size }));
}

// The ends of the link from a map to one of the next column: links arrive spread over its left edge.
export function ends(plan, layer, to, from) {
  const [source, target] = [plan.columns[layer].nodes[from], plan.columns[layer + 1].nodes[to]];
  const share = (from + 0.5) / plan.columns[layer].nodes.length - 0.5;
  return { x1: source.x + source.size, y1: source.y + source.size / 2, x2: target.x, y2: target.y + target.size * (0.5 + 0.7 * share) };
}

// How far down a link has come at a share of its way across (the curve of a cubic whose handles are level).
const STEPS = 64;
const PROFILE = (() => {
  const points = Array.from({ length: 257 }, (_, at) => at / 256).map((t) => [1.5 * t * (1 - t) ** 2 + 1.5 * t ** 2 * (1 - t) + t ** 3, 3 * t ** 2 - 2 * t ** 3]);
  return Float32Array.from({ length: STEPS + 1 }, (_, at) => points.find(([across]) => across >= at / STEPS - 1e-9)[1]);
})();

export function heightAt({ x1, y1, x2, y2 }, x) {
  const place = Math.min(Math.max((x - x1) / (x2 - x1), 0), 1) * STEPS;
  const low = Math.min(Math.floor(place), STEPS - 1);
  const share = PROFILE[low] + (PROFILE[low + 1] - PROFILE[low]) * (place - low);
  return y1 + (y2 - y1) * share;
}

// The pixels that a weight's link is wide.
export function thickness(weight, most) {
  return Math.min(Math.abs(weight) / THICKEST, 1) * most;
}

// The link nearest to a place, within `reach` pixels of its edge: {layer, to, from}, or null. `isThere` may leave some out.
export function linkAt(plan, x, y, { reach = 6, weightOf, isThere }) {
  const layer = plan.columns.findIndex((column, at) => at < plan.columns.length - 1 && x > column.x + column.size && x < plan.columns[at + 1].x);
  if (layer < 0) return null;
  let [best, least] = [null, reach];
  for (let to = 0; to < plan.columns[layer + 1].nodes.length; to++) {
    for (let from = 0; from < plan.columns[layer].nodes.length; from++) {
      if (!isThere(layer, to, from)) continue;
      const away = Math.max(0, Math.abs(heightAt(ends(plan, layer, to, from), x) - y) - thickness(weightOf(layer, to, from), plan.thick) / 2);
      if (away < least || (away === 0 && least === 0 && thicker(weightOf, layer, [to, from], best))) [best, least] = [{ layer, to, from }, away];
    }
  }
  return best;
}

// Of two links that lie over each other at a place the one that is drawn last, the thicker.
function thicker(weightOf, layer, [to, from], best) {
  return Math.abs(weightOf(layer, to, from)) > Math.abs(weightOf(layer, best.to, best.from));
}
