// A sequence over what the cells make of it: a column a time step; states, cell state and gates as maps, a row a unit.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { last, publish } from "./bus.js";
import { publishTopics } from "./tick.js";
import { line } from "./sending.js";
import { follow, here, pin, stepOf, write } from "./pointing.js";
import { layOut, paint, placeAt, shownMaps } from "./unrollpaint.js";

const STYLE = `
  .head { flex-wrap: wrap; gap: 2px 6px; align-items: center; }
  .tabs { display: flex; gap: 4px; flex: none; }
  .tabs button i { display: inline-block; width: 8px; height: 8px; border-radius: 2px; margin-right: 5px; }
  .tabs button[aria-pressed=true] { background: var(--st-secondary-background-color); }
  .note { flex: 1 1 160px; text-align: right; }
  .body { display: flex; margin-top: 4px; position: relative; }
  .names { flex: none; width: 74px; position: relative; }
  .name { position: absolute; left: 0; right: 6px; line-height: 14px; font-size: 11px; color: var(--st-gray-text-color); overflow: hidden; }
  .name b { display: block; font: 600 13px/15px var(--st-code-font); color: var(--st-text-color); }
  .scroll { flex: 1; min-width: 0; overflow-x: auto; overflow-y: hidden; }
  canvas { width: 100%; touch-action: pan-x pan-y; cursor: crosshair; }
  .scales { display: flex; flex-wrap: wrap; gap: 0 14px; font-size: 11px; color: var(--st-gray-text-color); min-height: 18px; padding-left: 74px; }
  .scales span { display: inline-flex; align-items: center; gap: 5px; white-space: nowrap; }
  .scales i { width: 54px; height: 7px; border-radius: 2px; display: inline-block; }
  @media (max-width: 480px) { .names { width: 56px; } .name { right: 2px; letter-spacing: -.02em; } .scales { padding-left: 0; } .note { text-align: left; } }
`;
const ALL = "all";

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const tabs = head.appendChild(make("div", "tabs", { attributes: { role: "group" } }));
  const layers = head.appendChild(make("div", "tabs", { attributes: { role: "group" } }));
  const note = head.appendChild(make("span", "note mono"));
  const body = make("div", "body");
  const names = body.appendChild(make("div", "names", { attributes: { "aria-hidden": true } }));
  const canvas = make("canvas", "", { tabIndex: 0, attributes: { role: "application" } });
  const scroll = body.appendChild(make("div", "scroll"));
  scroll.append(canvas);
  const scales = make("div", "scales", { attributes: { "aria-hidden": true } });
  const spoken = make("div", "hidden", { attributes: { "aria-live": "polite" } });
  stage.box.replaceChildren(head, body, scales, spoken);
  const view = { stage, tabs, layers, note, names, canvas, scroll, scales, spoken, paper: fit(canvas, stage), told: null,
    config: null, tab: null, sprites: new Map(), line: line(), asked: null };
  follow(canvas, () => view.config.channel, { read: (x, y) => read(view, x, y), step: (dx, dy) => step(view, dx, dy) });

  return {
    update(tick, { data, setStateValue }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      const { meta } = tick;
      view.config = meta;
      view.line.connect((at) => setStateValue("at", at));
      if (meta.answered !== undefined) view.line.answered(meta.answered);
      adopt(view, meta);
      stage.hear(meta.channel, meta.topic, (told) => { view.told = told; view.sprites.clear(); draw(view); });
      stage.hear(meta.channel, "at", () => { ask(view); draw(view); });
      publishTopics(meta.channel, tick);
    },
    draw: () => draw(view),
    end: () => view.line.end(),
  };
});

// The place that the session remembers, where the page has none of its own yet.
function adopt(view, { channel, at, tab }) {
  if (view.adopted) return;
  view.adopted = true;
  view.tab = tab ?? null;
  if (at && !last(channel, "at")) pin(channel, at);
  view.asked = write(here(channel));
}

// Tell Python where one points, which answers with the equation and the gradient of that place.
function ask(view) {
  const place = write({ ...here(view.config.channel), cell: current(view) });
  if (!view.told || !view.config.asks || place === view.asked) return;
  view.asked = place;
  view.line.send(place);
}

function current(view) {
  const cells = view.told?.cells ?? [];
  const { cell } = here(view.config.channel);
  const known = (wanted) => cells.find(({ name }) => name === wanted)?.name;
  return known(cell) ?? known(view.config.first) ?? cells[0]?.name ?? null;
}

function read(view, x, y) {
  return view.frame ? placeAt(view.frame, x, y) : null;
}

function step(view, across, down) {
  const { frame, config } = view;
  const at = here(config.channel);
  const count = frame?.count ?? 1;
  const units = frame?.units ?? 1;
  const next = Math.max(0, Math.min(stepOf(at, count) + across, count - 1));
  return { step: next, unit: Math.max(0, Math.min(at.unit + down, units - 1)) };
}

function draw(view) {
  const { told, config, stage } = view;
  if (!config || !told?.cells?.length) return;
  const cell = current(view);
  const at = here(config.channel);
  const several = told.cells.length > 1;
  drawTabs(view, several, cell);
  const all = several && view.tab === ALL;
  const maps = shownMaps(told, all ? null : cell, at.layer);
  view.frame = layOut(view.scroll.clientWidth, told, maps, all, view.canvas.getContext("2d"), stage.theme);
  view.canvas.style.width = view.frame.wide > view.scroll.clientWidth ? `${view.frame.wide}px` : "";
  view.canvas.style.height = `${view.frame.tall}px`;
  nameMaps(view, maps);
  paint(view.paper(), { ...view.frame, told, at, cell, theme: stage.theme, sprites: view.sprites, words: config.words });
  drawScales(view, maps);
  tell(view, maps, at, cell);
}

function drawTabs(view, several, cell) {
  const { told, config, stage, tabs, layers } = view;
  const entries = several ? [...told.cells, { name: ALL, title: config.words.all }] : told.cells;
  const chosen = several && view.tab === ALL ? ALL : cell;
  const choose = (name) => {
    view.tab = name === ALL ? ALL : null;
    if (name === ALL) return draw(view);
    pin(config.channel, { cell: name });
    draw(view);
  };
  press(tabs, entries, chosen, choose, (name) => stage.theme[name]);
  const depth = told.cells.find(({ name }) => name === cell)?.layers ?? 1;
  const stories = Array.from({ length: depth }, (_, at) => ({ name: String(at), title: fill(config.words.layer, { n: at + 1 }) }));
  layers.hidden = depth < 2;
  press(layers, stories, String(here(config.channel).layer), (name) => pin(config.channel, { layer: Number(name) }));
}

// Buttons side by side, one of them pressed; they stay where they are while their names stay.
function press(place, entries, chosen, choose, colour = () => null) {
  const key = entries.map(({ name, title }) => name + title).join();
  if (place.dataset.key !== key) {
    place.dataset.key = key;
    place.replaceChildren(...entries.map(({ name, title }) => {
      const button = make("button", "quiet", { type: "button" });
      if (colour(name)) button.append(make("i"));
      button.append(title);
      return button;
    }));
  }
  entries.forEach(({ name }, at) => {
    const button = place.children[at];
    if (colour(name)) button.firstChild.style.background = colour(name);
    button.onclick = () => choose(name);
    mark(button, "aria-pressed", name === chosen);
  });
}

function nameMaps(view, maps) {
  const { frame, names, told, config } = view;
  const rows = [{ title: told.readout ?? "", top: frame.text.top - 1 }, ...maps.map((map, at) => ({ ...map, top: frame.tops[at] }))];
  if (told.surprised) rows.unshift({ title: config.words.surprise, top: 4 });
  while (names.children.length > rows.length) names.lastChild.remove();
  while (names.children.length < rows.length) names.append(make("div", "name"));
  names.style.height = `${frame.tall}px`;
  rows.forEach(({ symbol = "", title, top }, at) => {
    const node = names.children[at];
    if (node.dataset.text !== symbol + title) {
      node.dataset.text = symbol + title;
      node.replaceChildren(...(symbol ? [make("b", "", { text: symbol })] : []), title);
    }
    node.style.top = `${top}px`;
  });
}

function drawScales(view, maps) {
  const { scales, stage, config } = view;
  const format = new Intl.NumberFormat(config.language, { maximumSignificantDigits: 2 });
  const kinds = new Map(maps.map(({ scale, limit, symbol }) => [`${scale}${format.format(limit)}`, { scale, limit, symbols: [] }]));
  maps.forEach(({ scale, limit, symbol }) => kinds.get(`${scale}${format.format(limit)}`).symbols.push(symbol));
  const key = [...kinds].map(([name, { symbols }]) => name + symbols).join() + stage.theme.background;
  if (scales.dataset.key === key) return;
  scales.dataset.key = key;
  scales.replaceChildren(...[...kinds.values()].map(({ scale, limit, symbols }) => {
    const node = make("span");
    const bar = make("i");
    bar.style.background = `linear-gradient(to right, ${stage.theme[scale].join(", ")})`;
    const low = scale === "diverging" ? format.format(-limit).replace("-", "−") : "0";
    node.append(make("span", "mono", { text: [...new Set(symbols)].join(" ") }), low, bar, format.format(limit));
    return node;
  }));
}

// In the head: what the place means in words; aloud only once one rests there.
function tell(view, maps, at, cell) {
  const { config, told, frame } = view;
  const here = stepOf(at, frame.count);
  const mean = told.means?.[cell];
  const text = [fill(config.words.place, { step: here, symbol: told.inputs?.[here] ?? "", unit: at.unit + 1 }),
    mean === undefined ? "" : fill(config.words.mean, { bits: mean })].filter(Boolean).join(" · ");
  say(view.note, text);
  mark(view.canvas, "aria-label", `${config.words.label} ${config.words.keys}`);
  clearTimeout(view.timer);
  view.timer = setTimeout(() => say(view.spoken, text), 700);
}
