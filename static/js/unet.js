// The denoiser as a diagram: every part a box, as wide as it is computed and as low as its maps are small; a part that is
// chosen is told of, and opens to its layers and maps. The time goes to every block, words to those that look at them.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { css, mix, parse } from "./colors.js";
import { openInside, showInside } from "./unetmaps.js";
import { line } from "./plot.js";

const STYLE = `
  .panel { max-width: 980px; }
  canvas { width: 100%; height: 216px; cursor: pointer; border-radius: 4px; }
  .said { min-height: 20px; font-weight: 600; }
  .open { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); gap: 10px 32px; min-height: 190px; margin-top: 6px; align-items: start; }
  .layers { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 3px 14px; font-size: 12px; }
  .layers .mono { text-align: right; } .layers .name { color: var(--st-gray-text-color); }
  .maps canvas { height: auto; cursor: default; image-rendering: pixelated; }
  .maps .note { white-space: normal; margin-bottom: 4px; }
  @media (max-width: 760px) { .open { grid-template-columns: minmax(0, 1fr); } }
`;
const TOLD = new Set(["time", "class", "text"]); // what is told to every block
const HEARS = new Set(["block", "dense"]);
const TINTS = { block: "blue", attention: "orange", cross_attention: "orange", dense: "blue" };
const PAD = { left: 10, right: 10, top: 44, bottom: 26 };

export default component(STYLE, (stage) => {
  const canvas = make("canvas", "", { tabIndex: 0, attributes: { role: "application" } });
  const said = make("div", "said", { attributes: { "aria-live": "polite" } });
  const open = make("div", "open");
  const layers = open.appendChild(make("div", "layers"));
  const inside = openInside(open.appendChild(make("div", "maps")));
  stage.box.replaceChildren(canvas, said, open);
  const view = { stage, canvas, said, layers, inside, paper: fit(canvas, stage), meta: null, boxes: [], at: 0 };
  canvas.onpointermove = canvas.onpointerdown = ({ offsetX, offsetY }) => {
    const found = view.boxes.findIndex(({ x, y, width, height }) => offsetX >= x - 2 && offsetX <= x + width + 2 && offsetY >= y - 2 && offsetY <= y + height + 2);
    if (found >= 0) choose(view, found);
  };
  canvas.onkeydown = (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    choose(view, (view.at + way + view.boxes.length) % view.boxes.length);
  };
  return {
    update({ meta, arrays }, { setStateValue }) {
      if (!meta.parts) return;
      view.tell = (step) => setStateValue("at", step);
      if (!view.meta) view.at = Math.max(meta.parts.findIndex(({ role }) => role === "block"), 0);
      Object.assign(view, { meta, arrays, at: Math.min(view.at, meta.parts.length - 1) });
      stage.hear(meta.channel, "shown", ({ step }) => follow(view, step));
    },
    draw: () => view.meta && draw(view),
    end: () => clearTimeout(view.timer),
  };
});

// Ask for the maps of the step that the film shows, once its slider rests.
function follow(view, step) {
  if (step === view.step) return;
  view.step = step;
  clearTimeout(view.timer);
  view.timer = setTimeout(() => view.stage.root.isConnected && view.tell(step), 500);
}

function choose(view, at) {
  if (at === view.at) return;
  view.at = at;
  draw(view);
}

function draw(view) {
  const { meta, canvas, said, stage: { theme } } = view;
  const { painter, width, height } = view.paper();
  view.boxes = place(meta.parts, width, height);
  painter.lineJoin = "round";
  joinParts(painter, view.boxes, theme);
  view.boxes.forEach((box, at) => paintBox(painter, box, at === view.at, theme));
  const chosen = meta.parts[view.at];
  const count = new Intl.NumberFormat(meta.language).format(chosen.parameters);
  const text = fill(meta.words.part, { title: chosen.title, shape: chosen.shape.join(" × "), parameters: count });
  say(said, text);
  mark(canvas, "aria-label", `${meta.words.label} ${text}`);
  listLayers(view, chosen);
  showInside(view, chosen);
}

// What a part is made of: a row a layer.
function listLayers({ layers, meta: { words, language } }, { layers: rows }) {
  const count = new Intl.NumberFormat(language);
  const cells = [words.layer, words.shape, words.parameters, ...rows.flatMap(({ title, shape, parameters }) => [title, shape.join(" × "), count.format(parameters)])];
  layers.replaceChildren(...cells.map((text, at) => make("span", at < 3 ? (at ? "name mono" : "name") : at % 3 ? "mono" : "", { text })));
}

// What is told stands above; everything else from left to right, lower where its maps are smaller.
function place(parts, width, height) {
  const main = parts.filter(({ role }) => !TOLD.has(role));
  const sides = [...new Set(main.map(({ shape }) => shape[1] ?? 0))].sort((a, b) => b - a);
  const most = Math.max(...main.map(({ shape }) => Math.log2(shape[0] + 1)));
  const slot = (width - PAD.left - PAD.right) / main.length;
  const room = (height - PAD.top - PAD.bottom) / sides.length;
  let told = 0;
  let passed = 0;
  return parts.map((part) => {
    if (TOLD.has(part.role)) {
      told += 1;
      return { part, told: true, x: PAD.left + (told - 1) * 132, y: 4, width: 124, height: 22 };
    }
    const level = sides.indexOf(part.shape[1] ?? 0);
    const tall = Math.max(room * 0.66 * (Math.log2(part.shape[0] + 1) / most), 10);
    const middle = PAD.top + room * (level + 0.5);
    passed += 1;
    return { part, level, x: PAD.left + slot * (passed - 1) + slot * 0.12, y: middle - tall / 2, width: slot * 0.76, height: tall };
  });
}

function joinParts(painter, boxes, theme) {
  const main = boxes.filter(({ told }) => !told);
  const told = boxes.filter((box) => box.told);
  Object.assign(painter, { strokeStyle: theme.muted, lineWidth: 1.25 });
  main.slice(1).forEach((box, at) => {
    const before = main[at];
    line(painter, before.x + before.width, before.y + before.height / 2, box.x, box.y + box.height / 2);
  });
  const [words, rest] = [true, false].map((reads) => told.filter(({ part }) => (part.role === "text") === reads));
  if (rest.length) tell(painter, rest, main.filter(({ part }) => HEARS.has(part.role)), 32.5, theme.grey);
  if (words.length) tell(painter, words, main.filter(({ part }) => part.role === "cross_attention"), 38.5, theme.orange);
  skip(painter, main, theme);
}

// A thin line from what is told along the top, and down to each part that hears it: time and class go to all blocks, words
// to those that look at them.
function tell(painter, told, blocks, y, colour) {
  Object.assign(painter, { strokeStyle: colour, lineWidth: 1, globalAlpha: 0.7 });
  const last = blocks.at(-1);
  for (const box of told) line(painter, box.x + box.width / 2, box.y + box.height, box.x + box.width / 2, y);
  if (last) line(painter, told[0].x + told[0].width / 2, y, last.x + last.width / 2, y);
  painter.setLineDash([2, 3]);
  for (const box of blocks) line(painter, box.x + box.width / 2, y, box.x + box.width / 2, box.y);
  Object.assign(painter, { globalAlpha: 1 });
  painter.setLineDash([]);
}

// What a block on the way down found is laid beside what its partner on the way up gets.
function skip(painter, main, theme) {
  const [down, up] = ["down", "up"].map((name) => main.filter(({ part }) => part.role === "block" && part.name.startsWith(name)));
  Object.assign(painter, { strokeStyle: theme.orange, lineWidth: 1.25, globalAlpha: 0.8 });
  down.forEach((from, at) => {
    const to = up[up.length - 1 - at];
    if (!to) return;
    const bottom = from.y + from.height + 5 + 4 * at;
    painter.beginPath();
    painter.moveTo(from.x + from.width / 2, from.y + from.height);
    painter.lineTo(from.x + from.width / 2, bottom);
    painter.lineTo(to.x + to.width / 2, bottom);
    painter.lineTo(to.x + to.width / 2, to.y + to.height);
    painter.stroke();
  });
  painter.globalAlpha = 1;
}

function paintBox(painter, { part, told, x, y, width, height }, chosen, theme) {
  const tint = TINTS[part.role];
  painter.fillStyle = css(mix(parse(theme.background), parse(tint ? theme[tint] : theme.grey), tint ? 0.55 : 0.3));
  painter.strokeStyle = chosen ? theme.ink : theme.line;
  painter.lineWidth = chosen ? 2 : 1;
  painter.beginPath();
  painter.roundRect(x, y, width, height, 4);
  painter.fill();
  painter.stroke();
  Object.assign(painter, { fillStyle: theme.ink, font: `11px ${theme.font}`, textAlign: "center", textBaseline: "middle" });
  if (told) painter.fillText(part.title, x + width / 2, y + height / 2, width - 8);
  else if (width > 20) painter.fillText(part.shape[0], x + width / 2, y + height / 2 + (height < 16 ? -14 : 0.5));
}
