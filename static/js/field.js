// What a unit sees of the network's input: the picture, and the receptive field on it.

const version = new URL(import.meta.url).search;
const { fill, make, mark, paper, say } = await import(`./panel.js${version}`);
const { frameFor, mapOf, outline, paintColours, paintMap } = await import(`./sheet.js${version}`);
const { unflatten } = await import(`./walklines.js${version}`);

export const FIELD_STYLE = `
  .field { margin: 0; grid-row: 1 / span 2; }
  .field canvas { width: 96px; height: 96px; border-radius: 4px; }
  .field figcaption { font-size: 11px; line-height: 15px; color: var(--st-gray-text-color); text-align: center; white-space: nowrap; }
`;

export function openField() {
  const box = make("figure", "field");
  return { box, canvas: box.appendChild(make("canvas", "", { attributes: { role: "img" } })), caption: box.appendChild(make("figcaption")) };
}

export function showField(view, { layer, layers, place, walk, sheet, words, theme }) {
  const [input] = layers;
  const [, height, width] = input.shape;
  const box = paper(view.canvas);
  const frame = frameFor({ height, width }, box);
  if (input.shape[0] === 3) paintColours(box.painter, [0, 1, 2].map((channel) => mapOf(sheet, input, channel)), frame.rect);
  else paintMap(box.painter, mapOf(sheet, input, 0), frame.rect, theme);
  const [row, column] = unitAt(layer, layers, walk, place);
  const [top, bottom] = layer.spans[Math.min(row, layer.spans.length - 1)];
  const [left, right] = layer.spans[Math.min(column, layer.spans.length - 1)];
  if (bottom > top && right > left) outline(box.painter, frame.cell(top, left, bottom - top, right - left), theme.orange, "#000", 2);
  const size = `${bottom - top}×${right - left}`;
  say(view.caption, fill(words.sees, { size }));
  mark(view.canvas, "aria-label", fill(words.sees, { size }));
}

// Which unit of the last layer with maps a place stands for.
function unitAt(layer, layers, walk, place) {
  if (layer.kind === "flatten") return unflatten(walk, place[0] * walk.arrays.out.shape[1] + place[1]).slice(1);
  if (layer.shape[0] > 1 || layer.spans.length === 1) return place;
  const flat = layers.slice(0, layers.indexOf(layer)).findLast(({ kind }) => kind === "flatten");
  const before = flat && layers[layers.indexOf(flat) - 1];
  if (!before) return place;
  return unflatten({ arrays: { in: { shape: before.shape } }, count: layer.count }, place[0] * layer.shape[2] + place[1]).slice(1);
}
