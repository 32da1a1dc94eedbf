// What the forward process is painted with: pictures of pixels, the histogram of their values, curves over the time.

import { drawAxes, drawPoint, openFrame, trace, within } from "./axes.js";
import { table } from "./colors.js";

export const REACH = 3.3; // values from -REACH to REACH are in a histogram
const BINS = 44;
const MARGIN = { left: 34, right: 18, top: 8, bottom: 18 };

// A picture with sharp pixels: "grey" shows -1 to 1 as black to white, what lies beyond as black or white; "diverging"
// shows -limit to limit as orange to blue.
export function paintPixels(canvas, values, side, theme, kind = "grey", limit = 1) {
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const painter = canvas.getContext("2d");
  const image = painter.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = table(kind, theme);
  for (let at = 0; at < pixels.length; at++) {
    const share = Math.min(Math.max(values[at] / limit, -1), 1);
    pixels[at] = colours[kind === "grey" ? Math.round((share + 1) * 127.5) : 128 + Math.round(share * 127)];
  }
  painter.putImageData(image, 0, 0);
}

// The pixels at a time: α·x₀ + σ·ε.
export function mixNoise(picture, noise, [signal, spread]) {
  return picture.map((value, at) => signal * value + spread * noise[at]);
}

export function meanOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
}

// Returns the density of values in equal bins.
export function densities(values) {
  const counts = new Float32Array(BINS);
  for (const value of values) {
    const bin = Math.floor(((value + REACH) / (2 * REACH)) * BINS);
    counts[Math.min(Math.max(bin, 0), BINS - 1)] += 1;
  }
  return counts.map((count) => (count / values.length) * (BINS / (2 * REACH)));
}

// Bars of one density, or of two laid over each other, and the bell curve of N(0, 1) that they come to.
export function paintHistogram({ painter, width, height }, { layers, bell, high, theme, language }) {
  const frame = openFrame({ width, height }, { left: -REACH, right: REACH, low: 0, high, margin: MARGIN });
  frame.ticks = { across: [-3, -1, 0, 1, 3], up: [0, high / 2, high] };
  drawAxes(painter, frame, { theme, language });
  within(painter, frame, () => {
    for (const { values, colour, outline } of layers) (outline ? paintStairs : paintBars)(painter, frame, values, theme[colour]);
    if (bell) paintBell(painter, frame, bell, theme);
  });
  for (const { values, outline } of layers) if (!outline) nameCut(painter, frame, values, high, { theme, language });
  return frame;
}

const edge = (values, at) => -REACH + (2 * REACH * at) / values.length;

function paintBars(painter, frame, values, colour) {
  Object.assign(painter, { fillStyle: colour, globalAlpha: 0.75 });
  values.forEach((value, at) => {
    const [from, to] = [frame.x(edge(values, at)), frame.x(edge(values, at + 1))];
    painter.fillRect(from + 0.5, frame.y(value), Math.max(to - from - 1, 0.5), frame.bottom - frame.y(value));
  });
  painter.globalAlpha = 1;
}

function paintStairs(painter, frame, values, colour) {
  Object.assign(painter, { strokeStyle: colour, lineWidth: 2 });
  painter.beginPath();
  values.forEach((value, at) => {
    painter[at ? "lineTo" : "moveTo"](frame.x(edge(values, at)), frame.y(value));
    painter.lineTo(frame.x(edge(values, at + 1)), frame.y(value));
  });
  painter.stroke();
}

function paintBell(painter, frame, { mean, deviation }, theme) {
  const xs = Array.from({ length: 121 }, (_, at) => -REACH + (2 * REACH * at) / 120);
  const ys = xs.map((x) => Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI)));
  painter.setLineDash([4, 3]);
  trace(painter, frame, xs, ys, { colour: theme.ink, width: 1.5 });
  painter.setLineDash([]);
}

// A bar that is higher than the picture is cut, and its share of all values is written beside it.
function nameCut(painter, frame, values, high, { theme, language }) {
  const tallest = values.reduce((best, value, at) => (value > values[best] ? at : best), 0);
  if (values[tallest] <= high * 1.02) return;
  const share = values[tallest] * ((2 * REACH) / values.length);
  Object.assign(painter, { font: `11px ${theme.mono}`, fillStyle: theme.ink, textAlign: "left", textBaseline: "top" });
  const text = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(share);
  painter.fillText(`↑ ${text}`, frame.x(edge(values, tallest + 1)) + 4, frame.top);
}

// One curve a schedule over the time; the chosen one in blue, with a point at the present time.
export function paintSchedules({ painter, width, height }, { curves, chosen, time, low, high, ticks, theme, language }) {
  const last = curves[0].length - 1;
  const frame = openFrame({ width, height }, { left: 0, right: last, low, high, margin: MARGIN });
  frame.ticks = { across: [0, last / 2, last], up: ticks };
  drawAxes(painter, frame, { theme, language });
  const xs = curves[0].map((_, at) => at);
  within(painter, frame, () => curves.forEach((curve, at) => at === chosen
    || trace(painter, frame, xs, curve, { colour: theme.grey, width: 1.25, alpha: 0.7 })));
  within(painter, frame, () => trace(painter, frame, xs, curves[chosen], { colour: theme.blue, width: 2.5 }));
  const value = Math.min(Math.max(curves[chosen][time], low), high);
  drawPoint(painter, frame, time, value, { theme });
  return frame;
}
