// The whole network as blocks, from the tokens up to the prediction: a click on a block or a head opens its numbers.

import { fill, make, mark, numbers, say } from "./panel.js";
import { shown } from "./headmaps.js";

export const STACK_STYLE = `
  .stack { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 0 14px; align-items: end; font-size: 12px; }
  .stack .tower { display: flex; flex-direction: column-reverse; gap: 3px; min-width: 0; }
  .stack .name { color: var(--st-gray-text-color); text-align: center; font-size: 11.5px; }
  .stack .block { border: 1px solid var(--st-border-color); border-radius: 6px; padding: 3px 6px; text-align: center; color: var(--st-gray-text-color); background: none; font: 12px/16px var(--st-font); }
  .stack button.block { cursor: pointer; width: 100%; }
  .stack button.block:hover { color: var(--st-text-color); border-color: var(--st-gray-text-color); }
  .stack .block.end { font: 500 12px/16px var(--st-code-font); color: var(--st-text-color); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .stack .layer { border: 1px solid var(--st-border-color); border-radius: 8px; padding: 3px; display: flex; flex-direction: column-reverse; gap: 3px; }
  .stack .part { border-radius: 5px; background: var(--st-gray-background-color); padding: 3px 4px; }
  .stack .part.now { box-shadow: inset 0 0 0 1.5px var(--st-primary-color); }
  .stack .part span { display: block; text-align: center; line-height: 16px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .stack .headrow { display: flex; flex-wrap: wrap; justify-content: center; gap: 3px; margin-top: 2px; }
  .stack .headrow button { width: 18px; height: 16px; font: 10.5px/14px var(--st-code-font); padding: 0; border: 1px solid var(--st-border-color); border-radius: 4px; background: var(--st-background-color); color: var(--st-text-color); cursor: pointer; }
  .stack .headrow button[aria-pressed=true] { background: var(--st-primary-color); color: var(--st-background-color); border-color: transparent; }
  .stack .headrow button.off { text-decoration: line-through; opacity: .6; }
`;

// `choose(place, section)` is called with what changes of the place, and the section of numbers that is to open.
export function openStack(_stage, choose) {
  return { box: make("div", "stack", { attributes: { role: "group" } }), choose, built: "", heads: [], ends: [] };
}

export function showStack(view, { told, place, words, language }) {
  const built = JSON.stringify([told.groups.map(({ name, layers, heads, title }) => [name, layers, heads, title]), words.tokens]);
  if (view.built !== built) build(view, told, words, built);
  mark(view.box, "aria-label", words.stack);
  for (const { part, button, group, layer, head } of view.heads) {
    const here = group === place.cell && layer === place.layer;
    mark(part, "class", here ? "part now" : "part");
    mark(button, "aria-pressed", here && head === place.unit);
    mark(button, "class", told.off?.includes(`${group}.${layer}.${head}`) ? "off" : "");
  }
  for (const { node, text } of view.ends) {
    const said = text(told, place, language);
    say(node, said);
    mark(node, "title", said);
  }
}

// What goes in at the bottom, and what the chosen token tells at the top.
const read = (name) => (told) => told.groups.find((group) => group.name === name).rows.map(shown).join(told.joint);

function predict({ expected: { blue } }, { cell, step }, language) {
  const row = cell === "encoder" ? blue.length - 1 : Math.min(step ?? blue.length - 1, blue.length - 1);
  const [token, share] = blue[row][0];
  return `${shown(token)} ${numbers(language, "percent")(share)}`;
}

function build(view, told, words, built) {
  Object.assign(view, { built, heads: [], ends: [] });
  const of = Object.fromEntries(told.groups.map((group) => [group.name, group]));
  const towers = of.encoder ? [tower(view, [of.encoder], words, words.encoder)] : [];
  const decoder = tower(view, [of.decoder, of.cross].filter(Boolean), words, of.encoder ? words.decoder : words.model);
  const above = [blockOf(view, words.norm, { cell: "decoder", layer: of.decoder.layers - 1 }, "stream"),
    blockOf(view, words.logits, { cell: "decoder", layer: of.decoder.layers - 1 }, "logits"), endOf(view, words.prediction, predict)];
  decoder.lastChild.before(...above);
  view.box.replaceChildren(...towers, decoder);
}

function blockOf(view, text, place, section) {
  return make("button", "block", { type: "button", text, onclick: () => view.choose(place, section) });
}

function endOf(view, label, text) {
  const node = make("div", "block end", { attributes: { "aria-label": label } });
  view.ends.push({ node, text });
  return node;
}

// A column of blocks from the bottom up, its name at the top.
function tower(view, groups, words, name) {
  const box = make("div", "tower");
  const { name: cell, layers } = groups[0];
  box.append(endOf(view, words.tokens, read(cell)), blockOf(view, words.embedding, { cell, layer: 0 }, "embedding"));
  for (let layer = 0; layer < layers; layer++) {
    const block = box.appendChild(make("div", "layer", { attributes: { role: "group", "aria-label": fill(words.layer, { n: layer + 1 }) } }));
    for (const group of groups) block.append(partOf(view, group, layer, words));
    block.append(blockOf(view, words.feed_forward, { cell, layer }, "feed_forward"));
  }
  box.append(make("div", "name", { text: name }));
  return box;
}

function partOf(view, group, layer, words) {
  const part = make("div", "part");
  const name = group.self ? words.self : words.cross;
  part.append(make("span", "", { text: name, title: name }));
  const row = part.appendChild(make("div", "headrow"));
  for (let head = 0; head < group.heads; head++) {
    const button = row.appendChild(make("button", "", { type: "button", title: fill(words.place, { group: group.title, layer: layer + 1, head: head + 1 }) }));
    say(button, String(head + 1));
    mark(button, "aria-label", button.title);
    button.onclick = () => view.choose({ cell: group.name, layer, unit: head }, "scores");
    view.heads.push({ part, button, group: group.name, layer, head });
  }
  return part;
}
