// What flows on the plane is painted with: data, points, arrows of a field, the path of one point.

import { drawAxes, openFrame } from "./axes.js";
import { dot, line } from "./plot.js";

const MARGIN = { left: 26, right: 4, top: 4, bottom: 18 };

export function planeFrame({ painter, width, height }, edge, { theme, language }) {
  const frame = openFrame({ width, height }, { left: -edge, right: edge, low: -edge, high: edge, margin: MARGIN });
  drawAxes(painter, frame, { theme, language });
  return frame;
}

export function paintData(painter, frame, data, theme, strong = false) {
  painter.fillStyle = strong ? theme.ink : theme.grey;
  painter.globalAlpha = strong ? 1 : 0.45;
  for (let at = 0; at < data.length / 2; at++) dot(painter, frame.x(data[2 * at]), frame.y(data[2 * at + 1]), strong ? 3 : 2);
  painter.globalAlpha = 1;
}

export function paintPoints(painter, frame, points, theme) {
  painter.fillStyle = theme.blue;
  painter.globalAlpha = 0.85;
  for (let at = 0; at < points.length / 2; at++) dot(painter, frame.x(points[2 * at]), frame.y(points[2 * at + 1]), 2.4);
  painter.globalAlpha = 1;
}

// One arrow a place; the longest one is as long as two places lie apart. `field` is (times, places, 2) at `fieldTimes`,
// of which the nearest to `time` is drawn.
export function paintField(painter, frame, { field, places, field_times: fieldTimes }, time, edge, theme) {
  const count = field.shape[1];
  const nearest = fieldTimes.reduce((best, one, at) => (Math.abs(one - time) < Math.abs(fieldTimes[best] - time) ? at : best), 0);
  const arrows = field.subarray(2 * count * nearest, 2 * count * (nearest + 1));
  let most = 0;
  for (let one = 0; one < count; one++) most = Math.max(most, Math.hypot(arrows[2 * one], arrows[2 * one + 1]));
  if (!most) return;
  const scale = (2 * edge) / Math.sqrt(count) / most;
  Object.assign(painter, { strokeStyle: theme.muted, fillStyle: theme.muted, lineWidth: 1, globalAlpha: 0.7 });
  for (let one = 0; one < count; one++) {
    const [x, y] = [places[2 * one], places[2 * one + 1]];
    arrow(painter, frame.x(x), frame.y(y), frame.x(x + scale * arrows[2 * one]), frame.y(y + scale * arrows[2 * one + 1]));
  }
  painter.globalAlpha = 1;
}

// An arrow in pixels; what is too short for one is a dot.
export function arrow(painter, fromX, fromY, toX, toY, most = 4) {
  const long = Math.hypot(toX - fromX, toY - fromY);
  if (long < 1.5) return dot(painter, fromX, fromY, 0.8);
  line(painter, fromX, fromY, toX, toY);
  const [dx, dy] = [(toX - fromX) / long, (toY - fromY) / long];
  const head = Math.min(most, long * 0.5);
  painter.beginPath();
  painter.moveTo(toX, toY);
  painter.lineTo(toX - head * (dx + 0.55 * dy), toY - head * (dy - 0.55 * dx));
  painter.lineTo(toX - head * (dx - 0.55 * dy), toY - head * (dy + 0.55 * dx));
  painter.fill();
}

// The way of one point up to a moment, or the whole of it with its beginning and where it stands.
export function paintPath(painter, frame, paths, point, moment, { colour, alpha = 1, whole = false, theme }) {
  const [moments, count] = paths.shape;
  const x = (at) => frame.x(paths[2 * (at * count + point)]);
  const y = (at) => frame.y(paths[2 * (at * count + point) + 1]);
  Object.assign(painter, { strokeStyle: colour, fillStyle: colour, lineWidth: whole ? 2 : 1, globalAlpha: alpha });
  painter.beginPath();
  for (let at = 0; at < (whole ? moments : moment + 1); at++) painter[at ? "lineTo" : "moveTo"](x(at), y(at));
  painter.stroke();
  painter.globalAlpha = 1;
  if (!whole) return;
  for (let at = 0; at < moments; at++) dot(painter, x(at), y(at), 1.6);
  painter.fillStyle = theme.background;
  dot(painter, x(moment), y(moment), 7);
  painter.fillStyle = colour;
  dot(painter, x(moment), y(moment), 5);
}

// The step that a point takes from a moment on, and (dashed) the way to where the network thinks that it came from.
export function paintStep(painter, frame, { paths, guesses }, point, moment, theme) {
  const at = Math.min(moment, guesses.shape[0] - 1);
  const place = (array, index) => [0, 1].map((axis) => array[2 * (index * array.shape[1] + point) + axis]);
  const [now, next, guess] = [place(paths, at), place(paths, at + 1), place(guesses, at)].map(([x, y]) => [frame.x(x), frame.y(y)]);
  Object.assign(painter, { strokeStyle: theme.ink, fillStyle: theme.ink, lineWidth: 1.25 });
  painter.setLineDash([4, 4]);
  line(painter, ...now, ...guess);
  painter.setLineDash([]);
  dot(painter, ...guess, 3.5);
  painter.lineWidth = 2.5;
  arrow(painter, ...now, ...next, 9);
}
