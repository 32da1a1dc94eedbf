// What is added to each position, as a heat map, and one of its dimensions as a wave; a click or the keys choose it.
//
// The message: float32 "matrix" (positions, width), sort ("sinusoidal", "learned" or "rotary"), base.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { sprite } from "./headmaps.js";
import { table } from "./colors.js";
import { largest } from "./strips.js";
import { bounds } from "./axes.js";
import { writer } from "./formula.js";

const STYLE = `
  .map { width: 100%; cursor: crosshair; border-radius: 4px; }
  .wave { width: 100%; margin-top: 6px; }
`;
const HEIGHT = 190;
const WAVE = 120;

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note mono"))];
  const map = make("canvas", "map", { tabIndex: 0, attributes: { role: "slider" } });
  const wave = make("canvas", "wave", { attributes: { role: "img" } });
  map.style.height = `${HEIGHT}px`;
  wave.style.height = `${WAVE}px`;
  stage.box.replaceChildren(head, map, wave);
  const view = { stage, title, note, map, wave, papers: [fit(map, stage), fit(wave, stage)], told: null, at: 0 };
  map.onpointermove = (event) => event.buttons && choose(view, event);
  map.onpointerdown = (event) => choose(view, event);
  map.onkeydown = (event) => move(view, event);
  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.arrays.matrix) return;
      view.seen = data;
      view.told = { ...tick.meta, matrix: tick.arrays.matrix };
      draw(view);
    },
    draw: () => draw(view),
  };
});

function choose(view, event) {
  const width = view.told.matrix.shape[1];
  view.at = Math.min(Math.max(Math.floor((event.offsetX / view.map.clientWidth) * width), 0), width - 1);
  draw(view);
}

function move(view, event) {
  const way = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  view.at = Math.min(Math.max(view.at + way, 0), view.told.matrix.shape[1] - 1);
  draw(view);
}

function draw(view) {
  const { told, stage: { theme }, papers } = view;
  if (!told) return;
  const { matrix, words, language } = told;
  const [positions, width] = matrix.shape;
  view.at = Math.min(view.at, width - 1);
  const limit = largest(matrix);
  const bytes = Uint8Array.from(matrix, (value) => Math.round((value / limit) * 127) + 128);
  const { painter, width: wide, height } = papers[0]();
  painter.imageSmoothingEnabled = false;
  painter.drawImage(sprite(bytes, positions, width, table("diverging", theme)), 0, 0, wide, height);
  Object.assign(painter, { strokeStyle: theme.ink, lineWidth: 1.5 });
  painter.strokeRect((view.at * wide) / width, 0.75, Math.max(wide / width, 2), height - 1.5);
  const values = Array.from({ length: positions }, (_, at) => matrix[at * width + view.at]);
  drawWave(papers[1](), values, theme, language);
  say(view.title, words.title);
  const write = writer(language, 3);
  const period = periodOf(told, view.at, width);
  say(view.note, [fill(words.dimension, { n: view.at + 1, of: width }), period && fill(words.period, { n: write(period) })].filter(Boolean).join(" · "));
  mark(view.map, "aria-label", words.label);
  mark(view.map, "aria-valuetext", view.note.textContent);
  for (const [name, value] of [["aria-valuemin", 1], ["aria-valuemax", width], ["aria-valuenow", view.at + 1]]) mark(view.map, name, value);
  mark(view.wave, "aria-label", `${view.note.textContent}: ${values.slice(0, 12).map(write).join(", ")}`);
}

// Positions of a full turn: 2π · base^(2i / width) for the pair i of dimensions (of rotary, for the angle i).
function periodOf({ sort, base, turns }, at, width) {
  if (!base) return 0;
  const pair = sort === "rotary" ? at / width : (2 * Math.floor(at / 2)) / width;
  return turns?.[at] ?? 2 * Math.PI * base ** pair;
}

function drawWave({ painter, width, height }, values, theme, language) {
  const { low, high } = bounds(values);
  const x = (at) => 34 + ((width - 40) * at) / Math.max(values.length - 1, 1);
  const y = (value) => 8 + (height - 26) * (1 - (value - low) / (high - low));
  const write = writer(language, 2);
  Object.assign(painter, { font: `11px ${theme.mono}`, fillStyle: theme.muted, strokeStyle: theme.line, lineWidth: 1, textBaseline: "middle", textAlign: "right" });
  for (const tick of [Math.min(...values), 0, Math.max(...values)]) {
    painter.beginPath();
    painter.moveTo(34, y(tick));
    painter.lineTo(width - 6, y(tick));
    painter.stroke();
    painter.fillText(write(tick), 30, y(tick));
  }
  Object.assign(painter, { textAlign: "center", textBaseline: "alphabetic" });
  for (let at = 0; at < values.length; at += Math.ceil(values.length / 8)) painter.fillText(at + 1, x(at), height - 3);
  Object.assign(painter, { strokeStyle: theme.blue, lineWidth: 1.75, lineJoin: "round" });
  painter.beginPath();
  values.forEach((value, at) => painter[at ? "lineTo" : "moveTo"](x(at), y(value)));
  painter.stroke();
  painter.fillStyle = theme.blue;
  values.forEach((value, at) => { painter.beginPath(); painter.arc(x(at), y(value), 2.2, 0, 2 * Math.PI); painter.fill(); });
}
