// One map on a canvas in the colours of a scale, one picture in greys, and the line that explains the scale.

const version = new URL(import.meta.url).search;
const { fill, make, say } = await import(`./panel.js${version}`);
const { table } = await import(`./colors.js${version}`);

export const LEGEND_STYLE = `
  .legend { display: flex; align-items: center; gap: 7px; font-size: 12px; line-height: 18px; min-height: 18px; flex-wrap: wrap;
    color: var(--st-gray-text-color); }
  .legend canvas { width: 120px; height: 9px; aspect-ratio: auto; border-radius: 3px; flex: none; }
  .legend .ends { margin-left: 8px; }
`;

// Paint number `place` of uint8 maps (n, height, width) in a scale's colours.
export function drawMap(canvas, maps, place, scale, theme) {
  const [, height, width] = maps.shape;
  const painter = size(canvas, width, height);
  const image = painter.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = table(scale, theme);
  const start = place * height * width;
  for (let at = 0; at < pixels.length; at++) pixels[at] = colours[maps[start + at]];
  painter.putImageData(image, 0, 0);
}

// Paint number `place` of uint8 pictures (n, height, width) in greys, or (n, height, width, 3) in colour.
export function drawPicture(canvas, pictures, place) {
  const [, height, width, colours] = pictures.shape;
  if (colours !== 3) return drawMap(canvas, pictures, place, "grey", {});
  const painter = size(canvas, width, height);
  const image = painter.createImageData(width, height);
  const start = place * height * width * 3;
  for (let at = 0; at < height * width; at++) {
    for (let colour = 0; colour < 3; colour++) image.data[4 * at + colour] = pictures[start + 3 * at + colour];
    image.data[4 * at + 3] = 255;
  }
  painter.putImageData(image, 0, 0);
}

function size(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return canvas.getContext("2d");
}

// The colours with what they mean, and how far the scale of one map goes.
export function openLegend() {
  const box = make("div", "legend");
  const [low, canvas, high] = [box.appendChild(make("span")), box.appendChild(make("canvas")), box.appendChild(make("span"))];
  const ends = box.appendChild(make("span", "ends"));
  return {
    box,
    show({ meta, limit, theme, name }) {
      const { words, scale, language } = meta;
      const bytes = Object.assign(Uint8Array.from({ length: 256 }, (_, at) => at), { shape: [1, 1, 256] });
      drawMap(canvas, bytes, 0, scale, theme);
      say(low, scale === "diverging" ? words.against : "0");
      say(high, scale === "diverging" ? fill(words.for, { name }) : words.size);
      const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
      say(ends, !limit ? "" : fill(words.ends, { limit: format.format(limit) }));
    },
  };
}
