// The way of one token through one head, step by step, with the network's own numbers: each part opens.
//
// What is looked at is the page's chosen head and token (topic "at"); the numbers come on a direct line, and again when
// the network has moved on (topic "attention"). At the left the whole network, whose blocks choose what is looked at.

import { component, fill, make, mark, say } from "./panel.js";
import { here, pin } from "./pointing.js";
import { settle, shown } from "./headmaps.js";
import { typeset } from "./formula.js";
import { ask } from "./line.js";
import { pick } from "./tick.js";
import { openStack, showStack, STACK_STYLE } from "./stack.js";
import { sectionsOf } from "./insideparts.js";
import { showRows, STRIPS_STYLE } from "./strips.js";

const STYLE = `
  .panel { container-type: inline-size; }
  .sides { display: grid; grid-template-columns: 236px minmax(0, 1fr); gap: 0 22px; align-items: start; }
  .said { font-size: 12px; color: var(--st-orange-text-color); min-height: 0; }
  section { border-top: 1px solid var(--st-border-color); }
  section > button { display: grid; grid-template-columns: 22px max-content minmax(0, 1fr); gap: 8px; align-items: baseline; width: 100%; text-align: left;
    background: none; border: 0; padding: 6px 0; font: 500 13px/18px var(--st-font); color: var(--st-text-color); cursor: pointer; }
  section > button .number { font: 12px/18px var(--st-code-font); color: var(--st-gray-text-color); }
  section > button .formula { font: 12px/18px var(--st-code-font); color: var(--st-gray-text-color); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: right; }
  section > button .formula sub, section > button .formula sup { line-height: 0; }
  section > button:hover .name { text-decoration: underline; text-underline-offset: 3px; }
  section > button[aria-expanded=true] .name { font-weight: 700; }
  section > .strips { padding: 2px 0 12px 30px; }
  .head { margin-bottom: 4px; }
  @container (max-width: 620px) { .sides { grid-template-columns: minmax(0, 1fr); } section > .strips { padding-left: 0; } }
  ${STACK_STYLE} ${STRIPS_STYLE}
`;
const PATIENCE = 6000;
const PAUSE = 400; // milliseconds between two looks while the network learns
const OPEN = new Set(["scores"]); // what is open at the beginning, and stays as it was left

export default component(STYLE, (stage) => {
  const sides = make("div", "sides");
  const stack = openStack(stage, (place, section) => choose(view, place, section));
  const right = make("div");
  const head = right.appendChild(make("div", "head"));
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note mono"))];
  const said = right.appendChild(make("div", "said"));
  const list = right.appendChild(make("div"));
  sides.append(stack.box, right);
  stage.box.replaceChildren(sides);
  const view = { stage, stack, title, note, said, list, told: null, config: null, found: null, column: null, asked: null, busy: false, again: false, timer: 0, sections: new Map() };
  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      view.asked = null;
      stage.hear(tick.meta.channel, "attention", (told) => { view.told = told; look(view); });
      stage.hear(tick.meta.channel, "at", () => look(view));
      look(view);
    },
    draw: () => draw(view),
    end: () => clearTimeout(view.timer),
  };
});

// Go to a place of the network, and open one section of its numbers.
function choose(view, place, section) {
  view.column = null;
  OPEN.add(section);
  pin(view.config.channel, { ...placeOf(view), ...place });
  draw(view);
  view.sections.get(section)?.scrollIntoView({ block: "nearest" });
}

function placeOf({ told, config }) {
  const at = here(config.channel);
  const { group, layer, head } = settle(told, at, config.first);
  return { cell: group.name, layer, unit: head, step: at.step };
}

// Ask for the numbers of the place; one question at a time, and the newest last.
async function look(view) {
  const { config, told } = view;
  if (!config || !told?.groups?.length) return;
  const place = placeOf(view);
  const group = told.groups.find(({ name }) => name === place.cell);
  const row = Math.min(place.step ?? group.rows.length - 1, group.rows.length - 1);
  const column = view.column !== null && view.column < group.columns.length ? view.column : strongest(view, group, place, row);
  const question = { part: place.cell, layer: place.layer, head: place.unit, row, column, at: told.view === "snapshot" ? told.step : null };
  const key = JSON.stringify([question, told.number, told.step]);
  if (key === view.asked) return;
  if (view.busy) return void (view.again = true);
  Object.assign(view, { busy: true, asked: key });
  const tick = await ask(config.line, question, PATIENCE, view.stage).catch(() => null);
  if (tick?.meta.error) say(view.said, tick.meta.error);
  else if (tick?.meta.topics) {
    say(view.said, "");
    view.found = { ...pick(tick, "inside"), group, place: { ...place, row, column } };
    draw(view);
  }
  view.timer = setTimeout(() => {
    view.busy = false;
    if (view.again) look(Object.assign(view, { again: false }));
  }, told.view === "live" && tick ? Math.min(PAUSE, tick.meta.pause ?? PAUSE) : 50);
}

function strongest({ told }, group, { layer, unit }, row) {
  const count = group.columns.length;
  const start = group.start + ((layer * group.heads + unit) * group.rows.length + row) * count;
  const own = told.arrays.sheet.subarray(start, start + count);
  return own.reduce((best, value, at) => (value > own[best] ? at : best), 0);
}

function draw(view) {
  const { config, told, found, stage } = view;
  if (!config || !told?.groups?.length) return;
  showStack(view.stack, { told, place: placeOf(view), words: config.words, language: config.language });
  if (!found) return void say(view.title, config.words.none);
  const { place, group } = found;
  say(view.title, fill(config.words.place, { group: group.title, layer: place.layer + 1, head: place.unit + 1 }));
  say(view.note, `${shown(group.rows[place.row])} → ${shown(group.columns[place.column])}`);
  const scene = { theme: stage.theme, language: config.language, words: config.words };
  const sections = sectionsOf(found, scene, (column) => { view.column = column; look(view); });
  const nodes = sections.map((section, at) => sectionOf(view, section, at));
  const there = [...view.list.children];
  if (nodes.length !== there.length || nodes.some((node, at) => node !== there[at])) view.list.replaceChildren(...nodes);
  sections.forEach((section, at) => OPEN.has(section.name) && showRows(nodes[at].lastChild, section.rows(), scene));
}

function sectionOf(view, { name, title, formula }, at) {
  if (!view.sections.has(name)) {
    const section = make("section");
    const button = section.appendChild(make("button", "", { type: "button" }));
    button.append(make("span", "number"), make("span", "name"), make("span", "formula"));
    section.append(make("div", "strips"));
    button.onclick = () => { OPEN[OPEN.has(name) ? "delete" : "add"](name); draw(view); };
    view.sections.set(name, section);
  }
  const section = view.sections.get(name);
  const [button, body] = section.children;
  const [number, label, short] = button.children;
  say(number, String(at + 1));
  say(label, title);
  typeset(short, formula);
  mark(button, "aria-expanded", OPEN.has(name));
  body.hidden = !OPEN.has(name);
  return section;
}
