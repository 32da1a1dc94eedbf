// Maps as pictures with sharp pixels: a map's bytes, and what is drawn over them (the stamp, a place, what is left out).

const version = new URL(import.meta.url).search;
const { table } = await import(`./colors.js${version}`);

const cut = document.createElement("canvas");

// A layer's maps in the sheet: {bytes, height, width, scale}, of which `index` says which one.
export function mapOf(sheet, layer, index) {
  const [, height, width] = layer.shape;
  const start = layer.offset + index * height * width;
  return { bytes: sheet.subarray(start, start + height * width), height, width, scale: layer.scale, count: Math.min(layer.count, height * width) };
}

// Bytes for float values: a signed one has zero at 128 and reaches to `limit`.
export function encode(values, limit, scale = "diverging") {
  const reach = scale === "diverging" ? 127 / limit : 255 / limit;
  const zero = scale === "diverging" ? 128 : 0;
  return Uint8Array.from(values, (value) => Math.min(Math.max(Math.round(zero + reach * value), 0), 255));
}

// Paint a map into a rectangle of a painter; what lies after `upto` is not there yet.
export function paintMap(painter, { bytes, height, width, scale, count = bytes.length }, [x, y, wide, high], theme, upto = count) {
  if (cut.width !== width || cut.height !== height) Object.assign(cut, { width, height });
  const pen = cut.getContext("2d");
  const image = pen.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = table(scale, theme);
  const most = Math.min(count, upto);
  for (let at = 0; at < most; at++) pixels[at] = colours[bytes[at]];
  pen.putImageData(image, 0, 0);
  painter.imageSmoothingEnabled = false;
  painter.drawImage(cut, x, y, wide, high);
}

// Paint three maps as the red, green and blue of one picture.
export function paintColours(painter, [red, green, blue], [x, y, wide, high]) {
  const { height, width } = red;
  if (cut.width !== width || cut.height !== height) Object.assign(cut, { width, height });
  const pen = cut.getContext("2d");
  const image = pen.createImageData(width, height);
  for (let at = 0; at < height * width; at++) image.data.set([red.bytes[at], green.bytes[at], blue.bytes[at], 255], 4 * at);
  pen.putImageData(image, 0, 0);
  painter.imageSmoothingEnabled = false;
  painter.drawImage(cut, x, y, wide, high);
}

// Where the cells of a map lie on a canvas: as large as fits, in whole pixels, with `margin` cells around it.
export function frameFor({ height, width }, box, margin = 0) {
  const cell = Math.min(box.width / (width + 2 * margin), box.height / (height + 2 * margin));
  const size = cell >= 4 ? Math.floor(cell) : cell;
  const left = (box.width - size * (width + 2 * margin)) / 2 + size * margin;
  const top = (box.height - size * (height + 2 * margin)) / 2 + size * margin;
  return { size, left, top, rect: [left, top, size * width, size * height],
    cell: (row, column, rows = 1, columns = 1) => [left + column * size, top + row * size, columns * size, rows * size],
    at: (x, y) => [Math.floor((y - top) / size), Math.floor((x - left) / size)] };
}

// A frame that can be seen on light and on dark.
export function outline(painter, [x, y, wide, high], colour, around, line = 2) {
  Object.assign(painter, { lineWidth: line + 2, strokeStyle: around, lineJoin: "miter" });
  painter.strokeRect(x, y, wide, high);
  Object.assign(painter, { lineWidth: line, strokeStyle: colour });
  painter.strokeRect(x, y, wide, high);
}

// The zeros that are laid around a map.
export function paintPadding(painter, frame, { height, width }, margin, theme) {
  if (!margin) return;
  const [x, y, wide, high] = frame.cell(-margin, -margin, height + 2 * margin, width + 2 * margin);
  Object.assign(painter, { strokeStyle: theme.grey, lineWidth: 1 });
  painter.setLineDash([3, 3]);
  painter.strokeRect(x + 0.5, y + 0.5, wide - 1, high - 1);
  painter.setLineDash([]);
}
