// All layers and heads as small maps on one canvas; a click or the arrow keys choose the head that is shown large.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { table } from "./colors.js";
import { here, pin } from "./pointing.js";
import { headAt, layOutHeads, mapOf, settle, sprite, squareOf } from "./headmaps.js";

const STYLE = `
  canvas { width: 100%; cursor: pointer; border-radius: 4px; }
`;

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note mono"))];
  const canvas = make("canvas", "", { tabIndex: 0, attributes: { role: "application" } });
  stage.box.replaceChildren(head, canvas);
  const view = { stage, title, note, canvas, paper: fit(canvas, stage), told: null, config: null, plan: null, under: null };
  canvas.onpointermove = (event) => hover(view, headAt(view.plan, event.offsetX, event.offsetY));
  canvas.onpointerleave = () => hover(view, null);
  canvas.onclick = (event) => choose(view, headAt(view.plan, event.offsetX, event.offsetY));
  canvas.onkeydown = (event) => move(view, event);

  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      stage.hear(tick.meta.channel, tick.meta.topic, (told) => { view.told = told; draw(view); });
      stage.hear(tick.meta.channel, "at", () => draw(view));
    },
    draw: () => draw(view),
  };
});

function hover(view, place) {
  const key = JSON.stringify(place);
  if (!view.plan || key === view.under?.key) return;
  view.under = place && { ...place, key };
  draw(view);
}

function choose(view, place) {
  if (place) pin(view.config.channel, place);
}

function move(view, event) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way || !view.told) return;
  event.preventDefault();
  event.stopPropagation();
  const { groups } = view.told;
  const now = settle(view.told, here(view.config.channel), view.config.first);
  const unit = Math.min(Math.max(now.head + way[0], 0), now.group.heads - 1);
  const layer = now.layer + way[1];
  const at = groups.indexOf(now.group);
  if (groups[at + way[1]] && layer >= now.group.layers) return choose(view, { cell: groups[at + 1].name, layer: 0, unit });
  if (groups[at + way[1]] && layer < 0) return choose(view, { cell: groups[at - 1].name, layer: groups[at - 1].layers - 1, unit });
  choose(view, { cell: now.group.name, layer: Math.min(Math.max(layer, 0), now.group.layers - 1), unit });
}

function draw(view) {
  const { told, config, stage, canvas } = view;
  if (!config) return;
  say(view.title, config.title);
  if (!told?.groups?.length) return void (canvas.style.height = `${config.height}px`);
  const { theme } = stage;
  view.plan = layOutHeads(told.groups, canvas.clientWidth || 300, config.height);
  canvas.style.height = `${view.plan.tall}px`;
  const now = settle(told, here(config.channel), config.first);
  const { painter } = view.paper();
  for (const block of view.plan.blocks) paintBlock(painter, view, block, theme);
  if (view.under) frame(painter, squareOf(view.plan, view.under.cell, view.under.layer, view.under.unit), theme, 1.25);
  frame(painter, squareOf(view.plan, now.group.name, now.layer, now.head), theme, 2.25);
  const place = view.under ? { ...view.under, group: told.groups.find(({ name }) => name === view.under.cell), head: view.under.unit } : now;
  const text = fill(config.words.place, { group: place.group.title, layer: place.layer + 1, head: place.head + 1 });
  say(view.note, text);
  mark(canvas, "aria-label", `${config.words.label} ${text}. ${config.words.keys}`);
}

function paintBlock(painter, { told, plan }, { group, x, y }, theme) {
  Object.assign(painter, { font: `12px ${theme.font}`, textAlign: "left", textBaseline: "top", fillStyle: theme.muted });
  painter.fillText(group.title, x, y + 1);
  const colours = table("sequential", theme);
  for (let layer = 0; layer < group.layers; layer++) {
    for (let head = 0; head < group.heads; head++) {
      const [left, top, side] = squareOf(plan, group.name, layer, head);
      painter.imageSmoothingEnabled = group.rows.length > side; // smaller than its weights: none of them is left out
      painter.drawImage(sprite(mapOf(told, group, layer, head), group.rows.length, group.columns.length, colours), left, top, side, side);
      if (told.off?.includes(`${group.name}.${layer}.${head}`)) crossOut(painter, left, top, side, theme);
      if (!head) numberLayer(painter, layer + 1, x, top + side / 2, theme);
    }
  }
}

function numberLayer(painter, number, x, y, theme) {
  Object.assign(painter, { font: `11px ${theme.mono}`, textAlign: "left", textBaseline: "middle", fillStyle: theme.muted });
  painter.fillText(number, x, y);
}

function crossOut(painter, x, y, side, theme) {
  painter.globalAlpha = 0.55;
  painter.fillStyle = theme.background;
  painter.fillRect(x, y, side, side);
  painter.globalAlpha = 1;
  Object.assign(painter, { strokeStyle: theme.orange, lineWidth: 1.5 });
  painter.beginPath();
  painter.moveTo(x + 2, y + 2);
  painter.lineTo(x + side - 2, y + side - 2);
  painter.moveTo(x + side - 2, y + 2);
  painter.lineTo(x + 2, y + side - 2);
  painter.stroke();
}

function frame(painter, square, theme, width) {
  if (!square) return;
  const [x, y, side] = square;
  Object.assign(painter, { strokeStyle: theme.ink, lineWidth: width });
  painter.strokeRect(x - width / 2, y - width / 2, side + width, side + width);
}
