// The drawing of one line chart: pure functions from a topic "curves" and a chart's description to a canvas.

import { fill, numbers } from "./panel.js";

const MARGIN = { left: 38, right: 6, top: 8, bottom: 18 };
const DECADES = [1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1e3, 1e4];

// Draw a chart and return its frame, from which stepAt() reads steps again.
export function paintChart({ painter, width, height }, scene) {
  const frame = measure(scene, width, height);
  painter.lineJoin = painter.lineCap = "round";
  drawGrid(painter, frame, scene);
  painter.save();
  painter.beginPath();
  painter.rect(frame.left - 1, frame.top - 2, frame.right - frame.left + 2, frame.bottom - frame.top + 4);
  painter.clip();
  if (scene.chart.gap && scene.value.gap) shadeGap(painter, frame, scene);
  for (const line of scene.chart.lines) drawLine(painter, frame, scene.value.arrays[line.name], scene.theme[line.colour]);
  painter.restore();
  drawMarks(painter, frame, scene);
  if (scene.chart.gap && scene.value.gap) nameGap(painter, frame, scene);
  if (scene.at !== null) drawCursor(painter, frame, scene);
  return frame;
}

export function stepAt(frame, x) {
  const share = (x - frame.left) / (frame.right - frame.left);
  return Math.round(Math.min(Math.max(share * frame.last, 0), frame.now));
}

// The value of a curve at a step: the last point not after it; undefined before the first.
export function valueAt(curve, step) {
  if (!curve?.length) return undefined;
  const count = curve.shape[1];
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (curve[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low ? curve[count + low - 1] : undefined;
}

function measure({ chart, value, log }, width, height) {
  const frame = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
  frame.last = Math.max(value.total_steps ?? 0, value.step ?? 0, 1);
  frame.now = value.step ?? frame.last;
  const [low, high] = extent(chart, value, log);
  const place = log ? (v) => (Math.log(v) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (v) => (v - low) / (high - low);
  frame.x = (step) => frame.left + (frame.right - frame.left) * (step / frame.last);
  frame.y = (v) => frame.bottom - (frame.bottom - frame.top) * Math.min(Math.max(place(Math.max(v, log ? low : -Infinity)), -0.05), 1.05);
  frame.ticks = log ? DECADES.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001) : spread(low, high);
  return frame;
}

function extent(chart, value, log) {
  const all = chart.lines.flatMap(({ name }) => {
    const curve = value.arrays[name];
    return curve ? [...curve.subarray(curve.shape[1])].filter(Number.isFinite) : [];
  });
  const most = all.reduce((a, b) => Math.max(a, b), 0);
  if (log) return decades(all.filter((v) => v > 0), most || 1);
  const high = chart.high ?? niceAbove(most || 1);
  const low = chart.low ?? 0;
  return [low > 0 && most < low + (high - low) / 4 ? 0 : low, high];
}

function decades(values, most) {
  const least = values.reduce((a, b) => Math.min(a, b), most);
  const low = 10 ** Math.floor(Math.log10(Math.max(least, 1e-4)) + 1e-9);
  return [low, Math.max(10 ** Math.ceil(Math.log10(most) - 1e-9), low * 10)];
}

function niceAbove(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  return unit * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) => factor * unit >= value * 0.999);
}

export function spread(low, high) {
  const raw = (high - low) / 2.5;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * [1, 2, 2.5, 5, 10].reduce((best, f) => (Math.abs(f * unit - raw) < Math.abs(best * unit - raw) ? f : best));
  const ticks = [];
  for (let tick = Math.ceil(low / step - 1e-9) * step; tick <= high + step * 1e-6; tick += step) ticks.push(Number(tick.toPrecision(10)));
  return ticks;
}

function drawGrid(painter, frame, { chart, theme, value, language, words }) {
  const format = new Intl.NumberFormat(language, chart.unit === "percent" ? { style: "percent" } : { maximumSignificantDigits: 3 });
  painter.font = `11px ${theme.mono}`;
  painter.strokeStyle = theme.line;
  painter.lineWidth = 1;
  painter.fillStyle = theme.muted;
  painter.textAlign = "right";
  painter.textBaseline = "middle";
  for (const tick of frame.ticks) {
    line(painter, frame.left, crisp(frame.y(tick)), frame.right, crisp(frame.y(tick)));
    painter.fillText(format.format(tick), frame.left - 6, frame.y(tick));
  }
  drawEpochs(painter, frame, value, theme, words);
}

function drawEpochs(painter, frame, value, theme, words) {
  const length = value.steps_per_epoch;
  if (!length) return;
  const epochs = Math.floor(frame.last / length + 1e-6);
  const stride = [1, 2, 5, 10, 20, 50, 100].find((n) => epochs / n <= 5) ?? epochs;
  painter.textBaseline = "alphabetic";
  const last = painter.measureText(fill(words.epoch, { epoch: epochs })).width;
  for (let epoch = stride; epoch <= epochs; epoch += stride) {
    const x = frame.x(epoch * length);
    painter.globalAlpha = 0.7;
    line(painter, crisp(x), frame.top, crisp(x), frame.bottom);
    painter.globalAlpha = 1;
    painter.textAlign = x > frame.right - 24 ? "right" : "center";
    const named = epoch + stride > epochs;
    if (!named && x > frame.right - last - 22) continue; // no room beside the last one's name
    painter.fillText(named ? fill(words.epoch, { epoch }) : epoch, painter.textAlign === "right" ? frame.right : x, frame.bottom + 14);
  }
}

function drawLine(painter, frame, curve, colour) {
  if (!curve?.length) return;
  const count = curve.shape[1];
  painter.strokeStyle = painter.fillStyle = colour;
  painter.lineWidth = 1.75;
  painter.beginPath();
  let pen = false;
  let run = 0;
  for (let point = 0; point < count; point++) {
    const v = curve[count + point];
    if (!Number.isFinite(v)) { pen = false; continue; }
    const [x, y] = [frame.x(curve[point]), frame.y(v)];
    if (pen) painter.lineTo(x, y);
    else painter.moveTo(x, y);
    run = pen ? run + 1 : 0;
    pen = true;
  }
  painter.stroke();
  if (pen && run === 0) dot(painter, frame.x(curve[count - 1]), frame.y(curve[2 * count - 1]), 2.5);
}

// Between training and held-out loss, from the step where the gap opened.
function shadeGap(painter, frame, { chart, value, theme }) {
  const [training, held] = chart.gap.map((name) => value.arrays[name]);
  if (!training?.length || !held?.length) return;
  const steps = [...held.subarray(0, held.shape[1])].filter((step) => step >= value.gap.step);
  if (steps.length < 2) return;
  painter.beginPath();
  steps.forEach((step, i) => painter[i ? "lineTo" : "moveTo"](frame.x(step), frame.y(valueAt(held, step))));
  steps.reverse().forEach((step) => painter.lineTo(frame.x(step), frame.y(valueAt(training, step) ?? 0)));
  painter.globalAlpha = 0.22;
  painter.fillStyle = theme.orange;
  painter.fill();
  painter.globalAlpha = 1;
}

function nameGap(painter, frame, { chart, value, theme }) {
  const held = value.arrays[chart.gap[1]];
  if (!held?.length) return;
  const last = held.shape[1] - 1;
  const y = frame.y(held[2 * last + 1]);
  painter.font = `600 11px ${theme.font}`;
  painter.fillStyle = theme.orangeText;
  painter.textAlign = "right";
  painter.textBaseline = "alphabetic";
  const x = Math.max(frame.x(held[last]), frame.left + painter.measureText(value.gap.text).width);
  painter.fillText(value.gap.text, x, Math.max(y - 6, frame.top + 8));
}

function drawMarks(painter, frame, { value, theme, at, pointed }) {
  for (const change of value.marks ?? []) {
    const x = crisp(frame.x(change.step));
    const near = pointed && Math.abs(frame.x(at) - x) < 6;
    painter.strokeStyle = painter.fillStyle = near ? theme.ink : theme.muted;
    painter.lineWidth = 1;
    painter.setLineDash([2, 3]);
    line(painter, x, frame.top, x, frame.bottom);
    painter.setLineDash([]);
    painter.beginPath();
    painter.moveTo(x - 4, frame.top - 6);
    painter.lineTo(x + 4, frame.top - 6);
    painter.lineTo(x, frame.top);
    painter.fill();
  }
}

function drawCursor(painter, frame, { chart, value, theme, words, language, at, pointed }) {
  const x = crisp(frame.x(at));
  painter.strokeStyle = theme.ink;
  painter.lineWidth = 1;
  line(painter, x, frame.top, x, frame.bottom);
  for (const { name, colour } of chart.lines) {
    const v = valueAt(value.arrays[name], at);
    if (!Number.isFinite(v)) continue;
    painter.fillStyle = theme[colour];
    dot(painter, x, frame.y(v), 3);
  }
  const change = (value.marks ?? []).find(({ step }) => pointed && Math.abs(frame.x(step) - x) < 6);
  const text = fill(words.step, { step: numbers(language, "count")(at) });
  label(painter, frame, x, change ? `${text} · ${change.text}` : text, theme);
}

function label(painter, frame, x, text, theme) {
  painter.font = `11px ${theme.mono}`;
  const width = painter.measureText(text).width + 8;
  const left = Math.min(Math.max(x - width / 2, 0), frame.right + MARGIN.right - width);
  painter.fillStyle = theme.background;
  painter.fillRect(left, frame.bottom + 3, width, 15);
  painter.fillStyle = theme.ink;
  painter.textAlign = "left";
  painter.textBaseline = "alphabetic";
  painter.fillText(text, left + 4, frame.bottom + 14);
}

export function line(painter, x1, y1, x2, y2) {
  painter.beginPath();
  painter.moveTo(x1, y1);
  painter.lineTo(x2, y2);
  painter.stroke();
}

export function dot(painter, x, y, radius) {
  painter.beginPath();
  painter.arc(x, y, radius, 0, 2 * Math.PI);
  painter.fill();
}

export const crisp = (place) => Math.round(place) + 0.5;
