// One step of the way, of the topic "film" (pages/ui/diffusion/stepping.py), where the film's slider stands ("shown"): its
// terms as pictures, each with its weight, and the step as an arrow in the plane of the first noise and the last picture.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { table } from "./colors.js";
import { paintSmall, pictureAt } from "./pixels.js";
import { openFrame } from "./axes.js";
import { arrow } from "./flowpaint.js";
import { dot, line } from "./plot.js";

const STYLE = `
  .both { display: grid; grid-template-columns: minmax(0, 1fr) minmax(260px, 340px); gap: 8px 28px; align-items: center; }
  .sum { display: flex; flex-wrap: wrap; gap: 8px 10px; align-items: center; }
  .term { display: flex; gap: 6px; align-items: center; }
  .term .mono { font-size: 13px; min-width: 7ch; text-align: right; margin-bottom: 33px; } .term:last-child .mono { min-width: 2ch; }
  figure { margin: 0; display: grid; gap: 3px; justify-items: center; width: 84px; }
  figure canvas { width: 78px; height: 78px; image-rendering: pixelated; border-radius: 6px; box-shadow: 0 0 0 1px var(--st-border-color); }
  figcaption { font-size: 12px; line-height: 15px; min-height: 30px; text-align: center; color: var(--st-gray-text-color); }
  .plane canvas { width: 100%; height: 236px; }
  .facts { min-height: 36px; color: var(--st-gray-text-color); font-size: 12px; max-width: 560px; margin-top: 10px; }
  .panel.empty .both { visibility: hidden; }
  @media (max-width: 760px) { .both { grid-template-columns: minmax(0, 1fr); } }
`;
const AIR = 0.14; // of the plane around what lies in it

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const both = make("div", "both");
  const view = { stage, head: head.appendChild(make("span", "title")), sum: make("div", "sum"), terms: [], at: 0, picked: 0, told: null, meta: null };
  const told = both.appendChild(make("div"));
  view.facts = make("div", "facts");
  told.append(view.sum, view.facts);
  const plane = both.appendChild(make("div", "plane"));
  view.title = plane.appendChild(make("div", "note"));
  view.canvas = plane.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  view.legend = plane.appendChild(make("div", "note"));
  view.legend.style.whiteSpace = "normal";
  view.paper = fit(view.canvas, stage);
  stage.box.replaceChildren(head, both);
  return {
    update({ meta }) {
      if (!meta.channel) return;
      view.meta = meta;
      stage.hear(meta.channel, "film", (told) => { view.told = told.arrays?.states ? told : null; arrange(view); draw(view); });
      stage.hear(meta.channel, "shown", ({ moment, picked }) => { Object.assign(view, { at: moment, picked }); draw(view); });
    },
    draw: () => draw(view),
  };
});

const isThere = ({ told }) => Boolean(told?.arrays.weights);

// A figure for each term with its weight before it, and one for what they add up to.
function arrange(view) {
  const titles = isThere(view) ? [...view.told.terms.map(({ title }) => title), view.meta.words.next] : [];
  if (view.sum.dataset.titles === titles.join("\n")) return;
  view.sum.dataset.titles = titles.join("\n");
  view.terms = titles.map((title) => {
    const node = make("figure");
    const [weight, canvas] = [make("span", "mono"), node.appendChild(make("canvas", "", { width: 28, height: 28, attributes: { role: "img" } }))];
    node.append(make("figcaption", "", { text: title }));
    mark(canvas, "aria-label", title);
    return { node, weight, canvas };
  });
  view.sum.replaceChildren(...view.terms.map(({ weight, node }) => {
    const term = make("div", "term");
    term.append(weight, node);
    return term;
  }));
}

function draw(view) {
  const { told, meta, stage } = view;
  if (!meta) return;
  const { words } = meta;
  stage.box.classList.toggle("empty", !isThere(view));
  if (!isThere(view)) return say(view.head, told ? words.away : words.waits);
  const steps = told.arrays.weights.shape[0];
  const at = Math.min(view.at, steps - 1);
  say(view.head, fill(words.step, { step: at + 1, last: steps, sampler: told.sampler }));
  paintTerms(view, at);
  paintPlane(view, at);
}

function paintTerms({ told, terms, picked, meta, stage: { theme } }, at) {
  const { weights, states } = told.arrays;
  const write = new Intl.NumberFormat(meta.language, { minimumFractionDigits: 3, maximumFractionDigits: 3, signDisplay: "always" });
  const count = told.terms.length;
  told.terms.forEach(({ array, scale, before }, index) => {
    const weight = weights[at * count + index];
    say(terms[index].weight, `${write.format(weight).replace("-", "−")} ×`);
    const shown = told.arrays[array];
    paintSmall(terms[index].canvas, pictureAt(shown, Math.max(before ? at - 1 : at, 0), picked), table(scale, theme));
    terms[index].node.style.opacity = terms[index].weight.style.opacity = Math.abs(weight) < 5e-4 ? 0.25 : 1;
  });
  say(terms.at(-1).weight, "=");
  paintSmall(terms.at(-1).canvas, pictureAt(states, at + 1, picked), table("grey", theme));
}

// the plane

function paintPlane(view, at) {
  const { told: { arrays }, meta: { words, language }, canvas, stage: { theme } } = view;
  const paper = view.paper();
  const { painter } = paper;
  const frame = frameOf(paper, arrays);
  const [way, guess] = [arrays.way, arrays.guess].map((points) => (index) => [frame.x(points[2 * index]), frame.y(points[2 * index + 1])]);
  const last = arrays.way.shape[0] - 1;
  Object.assign(painter, { strokeStyle: theme.line, lineWidth: 1 });
  line(painter, frame.x(0), frame.bottom, frame.x(0), frame.top);
  line(painter, frame.left, frame.y(0), frame.right, frame.y(0));
  trail(painter, guess, last, { colour: theme.grey, alpha: 0.5 });
  trail(painter, way, last + 1, { colour: theme.muted, alpha: 1 });
  Object.assign(painter, { strokeStyle: theme.orange, lineWidth: 1.5 });
  painter.setLineDash([4, 4]);
  line(painter, ...way(at), ...guess(at));
  painter.setLineDash([]);
  painter.fillStyle = theme.orange;
  dot(painter, ...guess(at), 4.5);
  Object.assign(painter, { strokeStyle: theme.blue, fillStyle: theme.blue, lineWidth: 2.5 });
  dot(painter, ...way(at), 4.5);
  arrow(painter, ...way(at), ...way(at + 1), 9);
  name(painter, frame, [[words.noise, way(0)], [words.picture, way(last)], [words.guess, guess(at)], [words.now, way(at)]], theme);
  tell(view, at, language);
  mark(canvas, "aria-label", `${words.plane}. ${view.facts.textContent}`);
}

// Both axes have one scale, for lengths and angles are told of.
function frameOf(paper, { way, guess }) {
  const span = [0, 1].map((axis) => {
    const values = [way, guess].flatMap((points) => [...points].filter((_, index) => index % 2 === axis));
    const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
    return { middle: (low + high) / 2, half: (high - low) * (0.5 + AIR) };
  });
  const scale = Math.max(span[0].half / paper.width, span[1].half / paper.height, 1e-6);
  const [across, up] = [scale * paper.width, scale * paper.height];
  return openFrame(paper, { left: span[0].middle - across, right: span[0].middle + across, low: span[1].middle - up, high: span[1].middle + up,
    margin: { left: 0, right: 0, top: 0, bottom: 0 } });
}

function trail(painter, place, count, { colour, alpha }) {
  Object.assign(painter, { strokeStyle: colour, fillStyle: colour, lineWidth: 1, globalAlpha: alpha });
  painter.beginPath();
  for (let index = 0; index < count; index++) painter[index ? "lineTo" : "moveTo"](...place(index));
  painter.stroke();
  for (let index = 0; index < count; index++) dot(painter, ...place(index), 1.7);
  painter.globalAlpha = 1;
}

// Each name beside its point, unless it would lie on one that is there already.
function name(painter, frame, names, theme) {
  const taken = [];
  Object.assign(painter, { font: `12px ${theme.font}`, textBaseline: "middle", fillStyle: theme.ink });
  for (const [text, [x, y]] of names) {
    const wide = painter.measureText(text).width;
    const left = x + 10 + wide > frame.right;
    const box = { left: left ? x - 10 - wide : x + 10, top: Math.min(Math.max(y - 12, frame.top + 8), frame.bottom - 8) };
    if (taken.some((other) => Math.abs(other.top - box.top) < 14 && box.left < other.left + other.wide + 4 && other.left < box.left + wide + 4)) continue;
    taken.push({ ...box, wide });
    painter.textAlign = "left";
    painter.fillText(text, box.left, box.top);
  }
}

function tell({ told: { arrays }, meta: { words }, title, legend, facts }, at, language) {
  const write = (digits, style = "decimal") => new Intl.NumberFormat(language, { style, minimumFractionDigits: digits, maximumFractionDigits: digits });
  const angle = (Math.acos(Math.min(Math.max(arrays.turn[at], -1), 1)) * 180) / Math.PI;
  say(title, words.plane);
  say(legend, words.legend);
  say(facts, fill(words.facts, { long: write(3).format(arrays.long[at]), angle: Number.isFinite(angle) ? write(0).format(angle) : "–",
    inside: Number.isFinite(arrays.inside[at]) ? write(0, "percent").format(arrays.inside[at]) : "–" }));
}
