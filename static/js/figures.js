// The two large pictures of a walk: the input with the stamp laid on it, and the map in which the number is written.

const version = new URL(import.meta.url).search;
const { fill, make, mark, paper, say } = await import(`./panel.js${version}`);
const { frameFor, mapOf, outline, paintMap, paintPadding } = await import(`./sheet.js${version}`);
const { unflatten, windowOf } = await import(`./walklines.js${version}`);

export const FIGURES_STYLE = `
  .figure { margin: 0; min-width: 0; }
  .figure figcaption { font-size: 12px; line-height: 18px; color: var(--st-gray-text-color); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .figure figcaption b { font-weight: 600; color: var(--st-text-color); }
  .figure canvas { width: 224px; height: 224px; border-radius: 4px; touch-action: none; cursor: crosshair; }
  @container (max-width: 759px) { .figure canvas { width: 100%; height: auto; aspect-ratio: 1; } }
`;

// `on` hears where the hand is: hover(place or null), put(place).
export function openFigure(on) {
  const box = make("figure", "figure");
  const caption = box.appendChild(make("figcaption"));
  const [name, note] = [caption.appendChild(make("b")), caption.appendChild(make("span"))];
  const canvas = box.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  const figure = { box, name, note, canvas, frame: null, placeAt: null };
  const place = (event) => figure.placeAt?.(event.offsetX, event.offsetY) ?? null;
  canvas.onpointermove = (event) => on.hover(place(event));
  canvas.onpointerleave = () => on.hover(null);
  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    const spot = place(event);
    if (spot) on.put(spot);
  };
  return figure;
}

export function showInput(figure, walk, place, source, { words, theme, before, sheet, sheetRgb }) {
  const [maps, height, width] = before.shape;
  const index = walk.kind === "flatten" ? unflatten(walk, place[0] * walk.arrays.out.shape[1] + place[1])[0] : maps === 1 ? 0 : source;
  const shown = walk.kind === "conv" || walk.kind === "flatten" ? index + (walk.first ?? 0) : maps === 1 ? 0 : Math.min(walk.channel, maps - 1);
  title(figure, nameOf(before, words), maps > 1 ? fill(words.map, { n: shown + 1, count: maps }) : "");
  const margin = walk.padding ?? 0;
  const box = paper(figure.canvas);
  const frame = (figure.frame = frameFor({ height, width }, box, margin));
  paintMap(box.painter, mapOf(sheet, before, shown), frame.rect, theme);
  paintPadding(box.painter, frame, { height, width }, margin, theme);
  lay(box.painter, frame, walk, place, theme);
  figure.placeAt = (x, y) => centreOn(walk, frame.at(x, y));
  mark(figure.canvas, "aria-label", `${words.input}: ${figure.name.textContent} ${figure.note.textContent}`);
}

// The stamp: every cell of it where they lie apart, else one frame.
function lay(painter, frame, walk, place, theme) {
  if (walk.kind === "conv" || walk.kind === "pool") {
    const span = walk.dilation * (walk.size - 1) + 1;
    const [top, left] = [place[0] * walk.stride - walk.padding, place[1] * walk.stride - walk.padding];
    if (walk.dilation > 1) for (const [row, column] of windowOf(walk, place)) outline(painter, frame.cell(row, column), theme.ink, theme.background, 1);
    return outline(painter, frame.cell(top, left, span, span), theme.ink, theme.background, 2);
  }
  const [row, column] = walk.kind === "flatten" ? unflatten(walk, place[0] * walk.arrays.out.shape[1] + place[1]).slice(1) : place;
  outline(painter, frame.cell(row, column), theme.ink, theme.background, 2);
}

// The place of the map whose stamp has its middle nearest to a cell of the input.
function centreOn(walk, [row, column]) {
  const { kind, arrays: { out, in: given } } = walk;
  if (kind === "linear") return within([row, column], given.shape.slice(1), walk.count);
  if (kind === "flatten") return null;
  const [high, wide] = out.shape;
  if (kind !== "conv" && kind !== "pool") return within([row, column], [high, wide], walk.count);
  const half = (walk.dilation * (walk.size - 1)) / 2 - walk.padding;
  const along = (cell, most) => Math.min(Math.max(Math.round((cell - half) / walk.stride), 0), most - 1);
  return [along(row, high), along(column, wide)];
}

export function within([row, column], [high, wide], count) {
  const inside = row >= 0 && column >= 0 && row < high && column < wide && (!count || row * wide + column < count);
  return inside ? [row, column] : null;
}

export function showOutput(figure, walk, place, { words, theme, layer, sheet, upto }) {
  const [maps, height, width] = layer.shape;
  title(figure, nameOf(layer, words), maps > 1 ? fill(words.map, { n: walk.channel + 1, count: maps }) : walk.kind === "linear" ? fill(words.unit, { n: walk.channel + 1, count: walk.units }) : "");
  const box = paper(figure.canvas);
  const frame = (figure.frame = frameFor({ height, width }, box));
  const [x, y, wide, high] = frame.rect;
  Object.assign(box.painter, { strokeStyle: theme.line, lineWidth: 1 });
  box.painter.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1);
  paintMap(box.painter, mapOf(sheet, layer, maps > 1 ? walk.channel : 0), frame.rect, theme, upto);
  const spot = walk.kind === "linear" ? [Math.floor(walk.channel / width), walk.channel % width] : place;
  outline(box.painter, frame.cell(...spot), theme.ink, theme.background, 2);
  figure.placeAt = (px, py) => within(frame.at(px, py), [height, width], layer.count / (maps > 1 ? maps : 1));
  mark(figure.canvas, "aria-label", `${figure.name.textContent} ${figure.note.textContent}`);
}

// What a layer is called: by the name of its module, where it is one.
export function nameOf({ name }, words) {
  return { input: words.input, stamp: words.kernel, scores: words.scores }[name] ?? name;
}

function title(figure, name, note) {
  say(figure.name, name);
  say(figure.note, note ? `  ${note}` : "");
}
