// Beam search as a tree: a column a token, the beams that were kept, and those that were dropped.
//
// The topic: depth, nodes [{text, parent (its number, null: the start), depth, logp (summed), share, kept, best, ended}].

import { component, fill, fit, make, mark, say } from "./panel.js";
import { publishTopics } from "./tick.js";
import { shown } from "./headmaps.js";

const STYLE = `
  .scroll { overflow-x: auto; margin-top: 6px; }
  canvas { width: 100%; }
`;
const LINE = 26;
const AIR = 34; // pixels between two columns

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const scroll = make("div", "scroll");
  const canvas = scroll.appendChild(make("canvas", "", { tabIndex: 0, attributes: { role: "img" } }));
  stage.box.replaceChildren(head, scroll);
  const view = { stage, title, note, scroll, canvas, paper: fit(canvas, stage), told: null, config: null };
  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      stage.hear(tick.meta.channel, tick.meta.topic, (told) => { view.told = told; draw(view); });
      publishTopics(tick.meta.channel, tick);
    },
    draw: () => draw(view),
  };
});

// Returns the place of every node: a column a depth, in each the likeliest on top.
export function layOutBeams(nodes, measure) {
  const columns = [];
  nodes.forEach((node, at) => (columns[node.depth] ??= []).push(at));
  let x = 0;
  const places = [];
  for (const column of columns) {
    const order = [...(column ?? [])].sort((one, other) => nodes[other].logp - nodes[one].logp);
    const width = Math.max(20, ...order.map((at) => measure(nodes[at])));
    order.forEach((at, row) => { places[at] = { x, y: row * LINE, width }; });
    x += width + AIR;
  }
  return { places, wide: Math.max(x - AIR, 1), high: LINE * Math.max(1, ...columns.map((column) => column?.length ?? 0)) };
}

function draw(view) {
  const { told, config, stage: { theme }, canvas, scroll } = view;
  if (!config || !told?.nodes?.length) return;
  say(view.title, config.title);
  say(view.note, told.note ?? "");
  const format = new Intl.NumberFormat(config.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const number = (node) => (node.parent === null ? "" : format.format(node.logp).replace("-", "−"));
  const measurer = canvas.getContext("2d");
  const fonts = [`500 13px ${theme.mono}`, `11px ${theme.mono}`];
  const width = (text, font) => { measurer.font = font; return measurer.measureText(text).width; };
  const frame = layOutBeams(told.nodes, (node) => width(shown(node.text), fonts[0]) + width(number(node), fonts[1]) + 20);
  canvas.style.width = `${Math.max(frame.wide, Math.min(scroll.clientWidth, frame.wide))}px`;
  canvas.style.height = `${frame.high}px`;
  const { painter } = view.paper();
  told.nodes.forEach((node, at) => node.parent !== null && join(painter, frame.places[node.parent], frame.places[at], node, theme));
  told.nodes.forEach((node, at) => write(painter, frame.places[at], node, number(node), fonts, theme));
  const best = told.nodes.filter(({ best: on }) => on).map(({ text }) => text).join(" ");
  mark(canvas, "aria-label", fill(config.words.label, { best }));
}

function join(painter, from, to, node, theme) {
  const [x, y, toX, toY] = [from.x + from.width, from.y + LINE / 2, to.x, to.y + LINE / 2];
  Object.assign(painter, { strokeStyle: node.best ? theme.blue : node.kept ? theme.grey : theme.line, lineWidth: node.best ? 2.5 : 1.25 });
  painter.beginPath();
  painter.moveTo(x, y);
  painter.bezierCurveTo(x + AIR / 2, y, toX - AIR / 2, toY, toX, toY);
  painter.stroke();
}

function write(painter, { x, y, width }, node, number, fonts, theme) {
  Object.assign(painter, { strokeStyle: node.best ? theme.blue : theme.line, lineWidth: node.best ? 2 : 1, textBaseline: "middle", textAlign: "left" });
  painter.beginPath();
  painter.roundRect(x + 0.5, y + 3, width - 1, LINE - 6, 5);
  painter.stroke();
  painter.globalAlpha = node.kept || node.best ? 1 : 0.6;
  Object.assign(painter, { font: fonts[0], fillStyle: theme.ink });
  painter.fillText(shown(node.text), x + 7, y + LINE / 2);
  const after = x + 13 + painter.measureText(shown(node.text)).width;
  Object.assign(painter, { font: fonts[1], fillStyle: theme.muted });
  painter.fillText(number, after, y + LINE / 2);
  painter.globalAlpha = 1;
}
