// What a network answers over the plane, as pixels; and the points that it learns from and is tested with.

const version = new URL(import.meta.url).search;
const { css, mix, parse, table } = await import(`./colors.js${version}`);

const CLASSES = ["orange", "blue", 2, 3, 6]; // of the theme: named colours and places among the categorical ones
const STRENGTH = 0.74; // of a class's colour where the network is sure of it, so that points stand out

// The colours of so many classes, as #RRGGBB texts.
export function classColours(theme, count) {
  return CLASSES.slice(0, count).map((name) => theme[name] ?? theme.categorical[name] ?? theme.grey);
}

// Pixels for signed bytes (zero is 128): orange below zero, blue above; `discrete` knows only the two,
// `soft` leaves points to stand out.
export function signedPixels(bytes, theme, { discrete = false, soft = false } = {}) {
  const colours = soft ? softTable(theme) : table("diverging", theme);
  const [low, high] = discrete ? ["orange", "blue"].map((name) => pack(soften(theme, parse(theme[name]), 1))) : [];
  const pixels = new Uint32Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) pixels[at] = discrete ? (bytes[at] < 128 ? low : high) : colours[bytes[at]];
  return pixels;
}

// Pixels for class probabilities, uint8 (classes, pixels): each class in its colour, the background where none leads.
export function classPixels(bytes, classes, theme, discrete = false) {
  const size = bytes.length / classes;
  const [ground, colours] = [background(theme), classColours(theme, classes).map(parse)];
  const pixels = new Uint8ClampedArray(4 * size).fill(255);
  for (let at = 0; at < size; at++) {
    let [best, total] = [0, 0];
    for (let one = 0; one < classes; one++) {
      total += bytes[one * size + at];
      if (bytes[one * size + at] > bytes[best * size + at]) best = one;
    }
    const sure = discrete ? 1 : Math.max(0, (classes * bytes[best * size + at]) / (total || 1) - 1) / (classes - 1);
    for (let channel = 0; channel < 3; channel++) {
      let level = colours[best][channel];
      if (!discrete && total) {
        level = 0;
        for (let one = 0; one < classes; one++) level += bytes[one * size + at] * colours[one][channel];
        level /= total;
      }
      pixels[4 * at + channel] = ground[channel] + (level - ground[channel]) * STRENGTH * sure;
    }
  }
  return new Uint32Array(pixels.buffer);
}

// The scale of signed numbers, fainter.
export function softTable(theme) {
  const key = theme.background + theme.diverging.join();
  if (!softTables.has(key)) {
    const levels = new Uint8Array(table("diverging", theme).buffer);
    softTables.set(key, Uint32Array.from({ length: 256 }, (_, at) => pack(soften(theme, [0, 1, 2].map((channel) => levels[4 * at + channel]), 1))));
  }
  return softTables.get(key);
}

const softTables = new Map();
const soften = (theme, colour, sure) => mix(background(theme), colour, STRENGTH * Math.min(Math.max(sure, 0), 1));
const pack = ([red, green, blue]) => (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
const grounds = new Map();

function background({ background: colour }) {
  if (!grounds.has(colour)) grounds.set(colour, parse(colour));
  return grounds.get(colour);
}

// Pixels for what each output answers, one picture an output; a single output is the whole answer.
export function outputPixels(surface, config, theme) {
  const [outputs, side] = surface.shape;
  if (outputs === 1) return answerPixels(surface, config, theme);
  const colours = classColours(theme, outputs).map(parse);
  const pixels = new Uint32Array(surface.length);
  for (let at = 0; at < surface.length; at++) pixels[at] = pack(soften(theme, colours[Math.floor(at / side ** 2)], surface[at] / 255));
  return pixels;
}

// Pixels for the answer of the whole network: classes in their colours, or numbers from orange to blue.
export function answerPixels(surface, { classes, discrete }, theme) {
  const [outputs] = surface.shape;
  if (!classes.length) return signedPixels(surface, theme, { discrete, soft: true });
  if (outputs > 1) return classPixels(surface, outputs, theme, discrete);
  return classPixels(bothOf(surface), 2, theme, discrete);
}

// Of two classes the network has one output, from 1 (the first is sure) over 128 (even) to 255 (the second is).
function bothOf(surface) {
  const both = new Uint8Array(2 * surface.length);
  for (let at = 0; at < surface.length; at++) {
    both[surface.length + at] = Math.round(shareOf(surface[at]) * 255);
    both[at] = 255 - both[surface.length + at];
  }
  return both;
}

export const signedOf = (byte) => (byte - 128) / 127;
export const shareOf = (byte) => Math.min(Math.max(0.5 + signedOf(byte) / 2, 0), 1);

// Points (rows of x1, x2, class or value): discs in their colour, those for testing as diamonds.
export function paintPoints(painter, frame, points, colourOf, { rim, diamond = false, radius = 3.2 }) {
  const [count] = points.shape;
  Object.assign(painter, { lineWidth: diamond ? 0.8 : 1, strokeStyle: rim });
  for (let at = 0; at < count; at++) {
    const [x, y] = [frame.x(points[3 * at]), frame.y(points[3 * at + 1])];
    painter.fillStyle = colourOf(points[3 * at + 2]);
    painter.beginPath();
    if (diamond) trace(painter, x, y, radius + 0.4);
    else painter.arc(x, y, radius, 0, 2 * Math.PI);
    painter.fill();
    painter.stroke();
  }
}

function trace(painter, x, y, radius) {
  painter.moveTo(x, y - radius);
  painter.lineTo(x + radius, y);
  painter.lineTo(x, y + radius);
  painter.lineTo(x - radius, y);
  painter.closePath();
}

// The colour of a value from -1 to 1, strong enough to be seen on the surface.
export function valueColour(theme) {
  const [low, high] = [parse(theme.orange), parse(theme.blue)];
  return (value) => css(mix(background(theme), value < 0 ? low : high, 0.15 + 0.85 * Math.min(Math.abs(value), 1)));
}

// The byte of a map at a share of its width from the left and of its height from the top.
export function byteAt(bytes, side, across, down, start = 0) {
  const column = Math.min(Math.floor(across * side), side - 1);
  const row = Math.min(Math.floor(down * side), side - 1);
  return bytes[start + row * side + column];
}
