// Many small pictures with sharp pixels, in rows that wrap: filters, feature maps, digits.

import { component, fill, make, mark, say } from "./panel.js";
import { table } from "./colors.js";
import { last, publish } from "./bus.js";
import { pick } from "./tick.js";

const STYLE = `
  .panel { position: relative; }
  .head .quiet { margin-left: auto; align-self: center; }
  .cells .quiet { align-self: flex-end; order: 1; }
  .cells { display: flex; flex-wrap: wrap; gap: var(--gap, 5px); margin-top: 4px; }
  .cell { padding: 0; border: 0; background: none; margin: 0; color: inherit; font: inherit; width: var(--cell);
    display: flex; flex-direction: column; gap: 1px; align-items: stretch; border-radius: 4px; }
  button.cell { cursor: pointer; }
  .cell canvas { width: var(--cell); height: var(--cell-height); image-rendering: pixelated; border-radius: 4px; }
  .cell[aria-pressed=true] canvas { outline: 2px solid var(--st-text-color); outline-offset: 1px; }
  .caption { font-size: 11px; line-height: 15px; color: var(--st-gray-text-color); text-align: center;
    overflow: hidden; overflow-wrap: anywhere; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; }
  .caption:empty { display: none; }
  .scale { position: absolute; right: 0; top: 24px; z-index: 2; width: 168px; padding: 8px 10px; border-radius: 8px;
    background: var(--st-background-color); border: 1px solid var(--st-border-color); box-shadow: 0 4px 14px rgb(0 0 0 / .12); }
  .scale canvas { width: 100%; height: 10px; border-radius: 3px; image-rendering: pixelated; }
  .scale .ends { display: flex; justify-content: space-between; font-size: 11px; }
`;

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const cells = make("div", "cells", { attributes: { role: "group" } });
  const legend = openLegend(stage);
  stage.box.replaceChildren(head, cells, legend.card);
  const view = { stage, cells, nodes: [], config: null, told: null, chosen: null };

  function draw() {
    if (!view.told?.arrays.pictures) return;
    arrange(view);
    view.nodes.forEach((node, index) => paint(node, index, view));
    say(note, view.told.note ?? view.config.note ?? "");
    legend.show(view);
  }

  function hear(value) {
    view.told = value;
    draw();
  }

  return {
    update(tick, { setStateValue }) {
      const { meta } = tick;
      view.config = meta;
      view.choose = (index) => choose(view, index, setStateValue);
      view.chosen = meta.chosen ?? view.chosen;
      say(title, meta.title ?? "");
      head.hidden = !meta.title;
      legend.place(meta.title ? head : cells);
      mark(cells, "aria-label", meta.title || meta.topic);
      legend.name(meta.words.scale);
      if (meta.topics) hear(pick(tick, meta.topic));
      else if (view.own) hear(last(meta.channel, meta.topic) ?? view.told); // from pictures of its own back to its channel's
      if (!meta.topics) stage.hear(meta.channel, meta.topic, hear, "pictures");
      view.own = Boolean(meta.topics);
    },
    draw,
  };
});

// Keep as many cells as there are pictures; the ones that stay keep their nodes.
function arrange(view) {
  const { cells, nodes, config, told } = view;
  const [count, height, width] = told.arrays.pictures.shape;
  cells.style.setProperty("--cell", `${config.cell}px`);
  cells.style.setProperty("--cell-height", `${Math.round((config.cell * height) / width)}px`);
  while (nodes.length > count) nodes.pop().node.remove();
  while (nodes.length < count) nodes.push(openCell(view, nodes.length));
  cells.style.maxWidth = config.columns ? `${config.columns * (config.cell + 5)}px` : "";
}

function openCell(view, index) {
  const { picks } = view.config;
  const node = make(picks ? "button" : "div", "cell", picks ? { type: "button", tabIndex: index ? -1 : 0 } : {});
  if (!picks) mark(node, "role", "img");
  const canvas = node.appendChild(make("canvas"));
  const caption = node.appendChild(make("span", "caption", { attributes: { "aria-hidden": true } }));
  if (picks) {
    node.onclick = () => view.choose(index);
    node.onkeydown = (event) => move(event, view, index);
  }
  view.cells.append(node);
  return { node, canvas, caption, painter: canvas.getContext("2d") };
}

function move(event, view, index) {
  const across = Math.max(1, view.nodes.filter(({ node }) => node.offsetTop === view.nodes[0].node.offsetTop).length);
  const way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  const next = view.nodes[index + way];
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  focus(view, index + way);
  next.node.focus();
}

function focus(view, index) {
  view.nodes.forEach(({ node }, at) => { node.tabIndex = at === index ? 0 : -1; });
}

function choose(view, index, setStateValue) {
  const { config, told } = view;
  const [, height, width] = told.arrays.pictures.shape;
  view.chosen = index;
  focus(view, index);
  view.nodes.forEach(({ node }, at) => mark(node, "aria-pressed", at === index));
  publish(config.channel, "picked", { topic: config.topic, index });
  if (config.sends === "digit") {
    const pixels = told.arrays.pictures.slice(index * height * width, (index + 1) * height * width);
    publish(config.channel, "digit", { pixels, height, width, label: told.labels?.[index] ?? "" });
  }
  if (config.answers) setStateValue("picked", index);
}

function paint({ node, canvas, caption, painter }, index, { stage, config, told, chosen }) {
  const { pictures } = told.arrays;
  const [, height, width, channels] = pictures.shape;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const bytes = pictures.subarray(index * height * width * (channels ?? 1), (index + 1) * height * width * (channels ?? 1));
  const image = painter.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  if (channels === 3) for (let i = 0; i < pixels.length; i++) pixels[i] = 0xff000000 | (bytes[3 * i + 2] << 16) | (bytes[3 * i + 1] << 8) | bytes[3 * i];
  else colour(pixels, bytes, table(told.scale ?? "grey", stage.theme));
  painter.putImageData(image, 0, 0);
  const text = told.labels?.[index] ?? "";
  say(caption, text);
  mark(node, "aria-label", fill(config.words.picture, { n: index + 1, count: pictures.shape[0] }) + (text ? `: ${text}` : ""));
  if (config.picks) mark(node, "aria-pressed", index === chosen);
}

function colour(pixels, bytes, colours) {
  for (let i = 0; i < pixels.length; i++) pixels[i] = colours[bytes[i]];
}

// The button that shows the scale: in the head, or after the last cell where a grid has no title.
function openLegend(stage) {
  const button = make("button", "quiet", { type: "button", attributes: { "aria-expanded": false } });
  const card = make("div", "scale", { hidden: true });
  const canvas = card.appendChild(make("canvas", "", { width: 256, height: 1 }));
  const ends = card.appendChild(make("div", "ends mono"));
  button.onclick = () => {
    card.hidden = !card.hidden;
    mark(button, "aria-expanded", !card.hidden);
    stage.redraw();
  };
  button.onkeydown = (event) => event.key === "Escape" && !card.hidden && button.onclick();
  return {
    card,
    name: (word) => say(button, word),
    place: (where) => button.parentNode === where || where.append(button),
    show({ told, config }) {
      const kind = told.scale ?? "grey";
      button.hidden = kind === "grey" || kind === "colour";
      if (!button.hidden && !card.hidden) paintLegend(canvas, ends, kind, told.limit, stage.theme, config);
    },
  };
}

function paintLegend(canvas, ends, kind, limit, theme, { language }) {
  const painter = canvas.getContext("2d");
  const image = painter.createImageData(256, 1);
  new Uint32Array(image.data.buffer).set(table(kind, theme));
  painter.putImageData(image, 0, 0);
  const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const marks = kind === "diverging" ? [-limit, 0, limit] : [0, limit];
  if (limit != null) ends.replaceChildren(...marks.map((v) => make("span", "", { text: format.format(v) })));
}
