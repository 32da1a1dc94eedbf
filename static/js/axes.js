// A plane with two axes: where a number stands in a picture, light lines with their numbers, curves and points on it.

import { crisp, dot, line, spread } from "./plot.js";

const MARGIN = { left: 40, right: 8, top: 8, bottom: 18 };

// Returns the frame of a picture for numbers from `left` to `right` and from `low` to `high`.
export function openFrame({ width, height }, { left, right, low, high, margin = MARGIN }) {
  const frame = { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom, low, high };
  frame.x = (value) => frame.left + (frame.right - frame.left) * ((value - left) / (right - left));
  frame.y = (value) => frame.bottom - (frame.bottom - frame.top) * ((value - low) / (high - low));
  frame.across = (place) => left + (right - left) * ((place - frame.left) / (frame.right - frame.left));
  frame.up = (place) => low + (high - low) * ((frame.bottom - place) / (frame.bottom - frame.top));
  frame.ticks = { across: spread(left, right), up: spread(low, high) };
  return frame;
}

// With `bare` only the numbers: the lines would lie over a picture.
export function drawAxes(painter, frame, { theme, language, bare = false }) {
  const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  painter.font = `11px ${theme.mono}`;
  painter.fillStyle = theme.muted;
  painter.textBaseline = "middle";
  painter.textAlign = "right";
  for (const tick of frame.ticks.up) {
    if (!bare) rule(painter, frame.left, crisp(frame.y(tick)), frame.right, crisp(frame.y(tick)), tick === 0, theme);
    painter.fillText(format.format(tick), frame.left - 6, frame.y(tick));
  }
  painter.textAlign = "center";
  painter.textBaseline = "alphabetic";
  for (const tick of frame.ticks.across) {
    if (!bare) rule(painter, crisp(frame.x(tick)), frame.top, crisp(frame.x(tick)), frame.bottom, tick === 0, theme);
    painter.fillText(format.format(tick), frame.x(tick), frame.bottom + 14);
  }
}

function rule(painter, x1, y1, x2, y2, strong, theme) {
  painter.strokeStyle = theme.line;
  painter.lineWidth = strong ? 2 : 1;
  line(painter, x1, y1, x2, y2);
}

// Draw what `paint` paints, cut off where the frame ends.
export function within(painter, frame, paint) {
  painter.save();
  painter.beginPath();
  painter.rect(frame.left, frame.top - 2, frame.right - frame.left, frame.bottom - frame.top + 4);
  painter.clip();
  paint();
  painter.restore();
}

export function trace(painter, frame, xs, ys, { colour, width = 2, alpha = 1 }) {
  painter.lineJoin = painter.lineCap = "round";
  Object.assign(painter, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha });
  painter.beginPath();
  ys.forEach((value, index) => painter[index ? "lineTo" : "moveTo"](frame.x(xs[index]), frame.y(value)));
  painter.stroke();
  painter.globalAlpha = 1;
}

// A point with a rim, and thin lines from it to both axes.
export function drawPoint(painter, frame, x, y, { theme, colour = theme.blue }) {
  painter.setLineDash([2, 3]);
  Object.assign(painter, { strokeStyle: colour, lineWidth: 1 });
  line(painter, frame.x(x), frame.y(y), frame.x(x), frame.bottom);
  line(painter, frame.left, frame.y(y), frame.x(x), frame.y(y));
  painter.setLineDash([]);
  painter.fillStyle = theme.background;
  dot(painter, frame.x(x), frame.y(y), 8);
  painter.fillStyle = colour;
  dot(painter, frame.x(x), frame.y(y), 5.5);
}

// Write a text beside a point, above or below it, inside the frame, on a background of its own.
export function drawLabel(painter, frame, x, y, text, { theme, below }) {
  painter.font = `600 12px ${theme.mono}`;
  const width = painter.measureText(text).width + 10;
  const toLeft = frame.x(x) + 12 + width > frame.right;
  const left = toLeft ? frame.x(x) - 12 - width : frame.x(x) + 12;
  const top = Math.min(Math.max(frame.y(y) + (below ? 8 : -24), frame.top), frame.bottom - 18);
  Object.assign(painter, { fillStyle: theme.background, globalAlpha: 0.85 });
  painter.fillRect(left, top, width, 18);
  Object.assign(painter, { fillStyle: theme.ink, globalAlpha: 1, textAlign: "left", textBaseline: "middle" });
  painter.fillText(text, left + 5, top + 9.5);
}

// The value of a curve between its points, and where there are none at its nearer end.
export function valueOn(xs, ys, x) {
  const last = xs.length - 1;
  const place = Math.min(Math.max(((x - xs[0]) / (xs[last] - xs[0])) * last, 0), last);
  const low = Math.min(Math.floor(place), last - 1);
  return ys[low] + (ys[low + 1] - ys[low]) * (place - low);
}

// Bounds that hold all values, with zero and a little air.
export function bounds(values) {
  const [low, high] = values.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [0, 0]);
  const top = high > low ? high : low + 1;
  const air = (top - low) * 0.08;
  return { low: low - air, high: top + air };
}
