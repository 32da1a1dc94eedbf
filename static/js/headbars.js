// A number for each head, as a bar in a table of layers and heads; where `switches` are wanted, each also turns it off.
//
// The topic: groups [{name, title, layers, heads}], values {"part.layer.head": number}, signed, kind ("percent" or
// "number"), most (the number at a whole bar), off ["part.layer.head"], note.

import { component, fill, make, mark, numbers, say } from "./panel.js";
import { publishTopics } from "./tick.js";
import { here, pin } from "./pointing.js";
import { writer } from "./formula.js";

const STYLE = `
  .groups { display: flex; flex-wrap: wrap; gap: 10px 28px; margin-top: 4px; }
  .name { color: var(--st-gray-text-color); font-size: 12px; }
  .grid { display: grid; gap: 4px; align-items: center; font-size: 11.5px; }
  .grid .number { color: var(--st-gray-text-color); font-family: var(--st-code-font); }
  .cell { width: 76px; border: 1px solid var(--st-border-color); border-radius: 6px; padding: 3px 5px; background: none; color: var(--st-text-color); text-align: left; font: 11.5px/15px var(--st-code-font); }
  button.cell { cursor: pointer; }
  button.cell:hover { border-color: var(--st-gray-text-color); }
  .cell[aria-pressed=false] { opacity: .55; text-decoration: line-through; border-style: dashed; }
  .cell.now { box-shadow: inset 0 0 0 1.5px var(--st-text-color); }
  .cell .bar { display: block; height: 6px; border-radius: 3px; background: var(--st-gray-background-color); overflow: hidden; margin-top: 2px; position: relative; }
  .cell .bar i { position: absolute; top: 0; bottom: 0; }
`;

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const groups = make("div", "groups");
  stage.box.replaceChildren(head, groups);
  const view = { stage, title, note, groups, cells: [], built: "", told: null, config: null, off: null };
  return {
    update(tick, { data, setStateValue }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      view.send = (off) => setStateValue("off", off);
      stage.hear(tick.meta.channel, tick.meta.topic, (told) => { Object.assign(view, { told, off: null }); draw(view); });
      stage.hear(tick.meta.channel, "at", () => draw(view));
      publishTopics(tick.meta.channel, tick);
    },
    draw: () => draw(view),
  };
});

function draw(view) {
  const { told, config } = view;
  if (!config || !told?.groups) return;
  say(view.title, config.title);
  say(view.note, told.note ?? "");
  const built = JSON.stringify([told.groups, config.switches, config.words]);
  if (view.built !== built) build(view, built);
  view.off ??= [...(told.off ?? [])];
  const at = here(config.channel);
  for (const cell of view.cells) fillCell(view, cell, at);
}

function build(view, built) {
  const { told, config, groups } = view;
  Object.assign(view, { built, cells: [] });
  groups.replaceChildren(...told.groups.map((group) => {
    const box = make("div");
    const grid = make("div", "grid", { attributes: { role: "group", "aria-label": group.title } });
    grid.style.gridTemplateColumns = `14px repeat(${group.heads}, 76px)`;
    for (let layer = 0; layer < group.layers; layer++) {
      grid.append(make("span", "number", { text: layer + 1 }));
      for (let head = 0; head < group.heads; head++) grid.append(openCell(view, group, layer, head));
    }
    box.append(make("div", "name", { text: group.title }), grid);
    return box;
  }));
}

function openCell(view, group, layer, head) {
  const name = `${group.name}.${layer}.${head}`;
  const { switches } = view.config;
  const node = make(switches ? "button" : "div", "cell", switches ? { type: "button" } : {});
  const text = node.appendChild(make("span"));
  node.append(make("span", "bar"));
  node.lastChild.append(make("i"));
  node.onclick = () => (switches ? turn(view, name) : pin(view.config.channel, { cell: group.name, layer, unit: head }));
  view.cells.push({ node, text, name, group, layer, head });
  return node;
}

function turn(view, name) {
  view.off = view.off.includes(name) ? view.off.filter((one) => one !== name) : [...view.off, name];
  draw(view);
  view.send(view.off);
}

function fillCell({ told, config, stage: { theme }, off }, { node, text, name, group, layer, head }, at) {
  const value = told.values?.[name];
  const known = value !== undefined && value !== null;
  const write = told.kind === "percent" ? numbers(config.language, "percent") : writer(config.language, 3);
  say(text, known ? `${told.signed && value > 0 ? "+" : ""}${write(value)}`.replace("-", "−") : config.switches ? fill(config.words.head, { n: head + 1 }) : "–");
  const share = known ? Math.min(Math.abs(value) / (told.most || 1), 1) : 0;
  Object.assign(node.lastChild.firstChild.style, { background: value < 0 ? theme.orange : theme.blue,
    left: told.signed ? `${value < 0 ? 50 - 50 * share : 50}%` : "0", width: `${(told.signed ? 50 : 100) * share}%` });
  mark(node, "class", at.cell === group.name && at.layer === layer && at.unit === head ? "cell now" : "cell");
  const title = fill(config.words.place, { group: group.title, layer: layer + 1, head: head + 1 });
  mark(node, "title", known ? `${title}: ${text.textContent}` : title);
  mark(node, "aria-label", node.title);
  if (config.switches) mark(node, "aria-pressed", !off.includes(name));
}
