// The way back: every step of the denoising is in the topic "film", and the slider moves over them without asking.
//
// The topic's arrays are uint8 (moments, pictures, side, side): "states" in grey, and whatever else `parts` names, as
// {name, title, scale}; "maps" is (moments, pictures, words, side, side) with the `tokens` they belong to.

import { component, fill, make, mark, say } from "./panel.js";
import { table } from "./colors.js";
import { paintSmall, pictureAt } from "./pixels.js";
import { openScrubber, SCRUBBER_STYLE } from "./scrubber.js";
import { openReads, paintReads } from "./reads.js";
import { publish } from "./bus.js";
import { publishTopics } from "./tick.js";

const STYLE = `${SCRUBBER_STYLE}
  .look { display: grid; grid-template-columns: auto auto minmax(0, 1fr); gap: 6px 16px; align-items: start; }
  figure { margin: 0; display: grid; gap: 3px; justify-items: center; min-width: 0; }
  figcaption { font-size: 12px; line-height: 15px; color: var(--st-gray-text-color); text-align: center; max-width: 128px; }
  canvas { image-rendering: pixelated; border-radius: 6px; box-shadow: 0 0 0 1px var(--st-border-color); }
  .whole canvas { width: 256px; height: 256px; border-radius: 10px; }
  .whole figcaption { max-width: none; }
  .parts { display: grid; grid-template-columns: repeat(3, auto); gap: 10px 12px; align-content: center; height: 100%; }
  .parts canvas { width: 100px; height: 100px; } .parts figcaption { max-width: 104px; }
  .all { display: flex; flex-wrap: wrap; gap: 5px; align-content: start; max-width: 575px; }
  .all .name { flex: 1 0 100%; font-weight: 600; }
  .all button { padding: 0; border: 0; background: none; cursor: pointer; border-radius: 6px; display: grid; justify-items: center; }
  .all canvas { width: 52px; height: 52px; }
  .all button[aria-pressed=true] canvas { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
  .all span { font-size: 11px; color: var(--st-gray-text-color); max-width: 60px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .film { display: flex; justify-content: space-between; margin-top: 8px; }
  .film button { padding: 0; border: 0; background: none; cursor: pointer; border-radius: 5px; flex: 0 1 52px; min-width: 0; }
  .film canvas { width: 100%; aspect-ratio: 1; }
  .film button[aria-pressed=true] canvas { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
  .words { display: flex; flex-wrap: wrap; gap: 6px 10px; margin-top: 6px; }
  .words:empty { display: none; } .words .attended { flex: 1 0 100%; font-size: 12px; color: var(--st-gray-text-color); }
  .words canvas { width: 64px; height: 64px; }
  .panel.empty > * { visibility: hidden; } .panel.empty > .waits { visibility: visible; }
  .waits { color: var(--st-gray-text-color); min-height: 0; }
  @media (max-width: 760px) {
    .panel { display: flex; flex-direction: column; } .look { display: contents; }
    .whole { order: 1; } .film { order: 2; padding: 0 !important; gap: 2px; } .scrubber { order: 3; flex-wrap: wrap; height: auto; }
    .scrubber output { order: 1; flex: 1 0 100%; min-width: 0 !important; text-align: center; }
    .parts { order: 4; grid-template-columns: repeat(3, auto); justify-content: space-between; margin-top: 8px; height: auto; }
    .parts canvas { width: 96px; height: 96px; } .all { order: 5; margin-top: 8px; } .words { order: 6; margin-top: 8px; }
  }
`;
const FILM = 11;
const latest = new Map(); // channel to the panel that drew it last: one that is mounted in its place goes on from there

export default component(STYLE, (stage) => {
  const view = { stage, meta: null, told: null, picked: 0, nodes: new Map(), film: [], all: [] };
  layOut(view);
  return {
    update(tick, { data, setStateValue }) {
      if (!tick.meta.channel || data === view.seen) return;
      Object.assign(view, { seen: data, meta: tick.meta, tell: (at) => setStateValue("at", at) });
      stage.hear(tick.meta.channel, "film", (told) => hear(view, told));
      publishTopics(tick.meta.channel, tick);
      say(view.waits, view.told ? "" : tick.meta.words.waits);
    },
    draw: () => draw(view),
    end: () => clearTimeout(view.timer),
  };
});

function layOut(view) {
  const { stage } = view;
  const look = make("div", "look");
  view.whole = openFigure("whole");
  [view.parts, view.grid] = ["parts", "all"].map((name) => make("div", name));
  look.append(view.whole.node, view.parts, view.grid);
  [view.strip, view.words] = ["film", "words"].map((name) => make("div", name, { attributes: { role: "group" } }));
  view.scrubber = openScrubber(stage, () => { draw(view); rest(view); });
  view.waits = make("div", "waits");
  stage.box.replaceChildren(view.waits, look, view.strip, view.scrubber.node, view.words);
  stage.box.classList.add("empty");
}

function openFigure(name) {
  const node = make("figure", name);
  const canvas = node.appendChild(make("canvas", "", { width: 28, height: 28, attributes: { role: "img" } }));
  return { node, canvas, caption: node.appendChild(make("figcaption")) };
}

function rest(view) {
  clearTimeout(view.timer);
  view.timer = setTimeout(() => view.stage.root.isConnected && view.tell?.({ step: view.told ? stepAt(view, view.scrubber.index) : 0, picture: view.picked }), 400);
}

function hear(view, told) {
  const { scrubber, meta } = view;
  const first = !view.told;
  view.told = told.arrays?.states ? told : null;
  view.stage.box.classList.toggle("empty", !view.told);
  if (!view.told) return say(view.waits, told.waits ?? meta.words.waits);
  say(view.waits, "");
  const [moments, pictures] = told.arrays.states.shape;
  view.picked = Math.min(view.picked, pictures - 1);
  const write = new Intl.NumberFormat(meta.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  scrubber.configure({ last: moments - 1, words: meta.words, label: meta.words.step,
    write: (at) => fill(meta.words.at, { step: stepAt(view, at), last: stepAt(view, moments - 1), t: write.format(told.arrays.times?.[at] ?? 0) }) });
  arrange(view, moments, pictures);
  if (first) settle(view, moments - 1);
  draw(view);
}

// A film begins at its end; where a panel takes another's place, where that one stood, and goes on playing.
function settle(view, last) {
  const before = latest.get(view.meta.channel);
  const [share, playing] = before ? [before.scrubber.share, before.scrubber.playing] : [1, false];
  view.picked = Math.min(before?.picked ?? 0, view.told.arrays.states.shape[1] - 1);
  view.scrubber.set(Math.round(share * last));
  if (playing) view.scrubber.play();
}

// The number of the step at a moment: of a long way not every step is here.
const stepAt = ({ told }, at) => told.arrays.steps?.[at] ?? at;

function arrange(view, moments, pictures) {
  const count = Math.min(FILM, moments);
  keep(view.film, count, () => openButton(view.strip));
  view.film.forEach((one, at) => {
    one.moment = count > 1 ? Math.round((at * (moments - 1)) / (count - 1)) : 0;
    one.button.onclick = () => view.scrubber.set(one.moment);
    mark(one.button, "aria-label", view.scrubber.node && fill(view.meta.words.film, { step: stepAt(view, one.moment) }));
  });
  keep(view.all, pictures > 1 ? pictures : 0, () => openButton(view.grid));
  view.all.forEach((one, at) => {
    one.button.onclick = () => { view.picked = at; draw(view); rest(view); };
    say(one.label, view.told.labels?.[at] ?? "");
    mark(one.button, "aria-label", `${fill(view.meta.words.picture, { n: at + 1 })} ${one.label.textContent}`);
  });
  matchParts(view);
}

function keep(list, count, open) {
  while (list.length > count) list.pop().button.remove();
  while (list.length < count) list.push(open());
}

function openButton(place) {
  const button = place.appendChild(make("button", "", { type: "button" }));
  return { button, canvas: button.appendChild(make("canvas", "", { width: 28, height: 28 })), label: button.appendChild(make("span")) };
}

// A figure for each of the other pictures of a step, and one for each word.
function matchParts(view) {
  const wanted = [...(view.told.parts ?? []).filter(({ name }) => view.told.arrays[name])];
  for (const [name, { node }] of view.nodes) if (!wanted.some((part) => part.name === name)) { node.remove(); view.nodes.delete(name); }
  for (const part of wanted) {
    if (!view.nodes.has(part.name)) view.nodes.set(part.name, openFigure("part"));
    view.parts.append(view.nodes.get(part.name).node);
  }
  view.reads ??= openReads();
  view.reads.node.hidden = !view.told.arrays.read;
  view.parts.append(view.reads.node);
  const tokens = view.told.arrays.maps ? view.told.tokens : [];
  if (view.words.dataset.tokens !== tokens.join(" ")) {
    view.words.dataset.tokens = tokens.join(" ");
    view.attended = make("span", "attended");
    view.maps = tokens.map((token) => {
      const figure = openFigure("word");
      say(figure.caption, token);
      return figure.node;
    });
    view.words.replaceChildren(...(tokens.length ? [view.attended, ...view.maps] : []));
  }
  if (tokens.length) say(view.attended, view.told.attended ?? "");
}

// the pictures

function draw(view) {
  const { told, meta, scrubber, stage: { theme } } = view;
  if (!told || !meta) return;
  const { states } = told.arrays;
  const moment = scrubber.index;
  paintSmall(view.whole.canvas, pictureAt(states, moment, view.picked), table("grey", theme));
  say(view.whole.caption, fill(meta.words.whole, { step: stepAt(view, moment) }));
  mark(view.whole.canvas, "aria-label", `${view.whole.caption.textContent} ${told.labels?.[view.picked] ?? ""}`);
  for (const { name, title, scale } of told.parts ?? []) drawPart(view, name, title, scale, moment);
  if (told.arrays.read) paintReads(view.reads, rowOf(told.arrays.read, moment), meta, theme);
  for (const one of view.film) {
    paintSmall(one.canvas, pictureAt(states, one.moment, view.picked), table("grey", theme));
    mark(one.button, "aria-pressed", one.moment === moment);
  }
  view.all.forEach((one, at) => {
    paintSmall(one.canvas, pictureAt(states, moment, at), table("grey", theme));
    mark(one.button, "aria-pressed", at === view.picked);
  });
  drawWords(view, moment);
  alignFilm(view);
  latest.set(meta.channel, view);
  publish(meta.channel, "shown", { moment, step: stepAt(view, moment), picked: view.picked });
}

function rowOf(array, moment) {
  const [moments, count] = array.shape;
  const at = Math.min(moment, moments - 1);
  return array.subarray(at * count, (at + 1) * count);
}

// What the network said in the step that led to a moment; before the first step it has said nothing yet.
function drawPart(view, name, title, scale, moment) {
  const { told, nodes, stage: { theme } } = view;
  const figure = nodes.get(name);
  if (!figure) return;
  const array = told.arrays[name];
  paintSmall(figure.canvas, pictureAt(array, Math.min(moment, array.shape[0] - 1), view.picked), table(scale ?? "grey", theme));
  say(figure.caption, title);
  mark(figure.canvas, "aria-label", title);
}

function drawWords(view, moment) {
  const { maps } = view.told.arrays;
  if (!maps) return;
  const [moments, , count, side] = maps.shape;
  const all = pictureAt(maps, Math.min(moment, moments - 1), view.picked);
  view.maps.forEach((node, at) => {
    if (at >= count) return;
    const bytes = Object.assign(all.subarray(at * side * side, (at + 1) * side * side), { side });
    paintSmall(node.firstChild, bytes, table("sequential", view.stage.theme));
    mark(node.firstChild, "aria-label", fill(view.meta.words.attends, { word: node.lastChild.textContent }));
  });
}

function alignFilm({ strip, scrubber, film: [first] }) {
  if (!first) return;
  const [from, to] = scrubber.rail();
  const half = first.button.clientWidth / 2;
  strip.style.padding = `0 ${Math.max(strip.clientWidth - to - half, 0)}px 0 ${Math.max(from - half, 0)}px`;
}
