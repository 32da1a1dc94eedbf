// One head large, as arcs between tokens or as a matrix; a token that is pointed at shows what it looks at. Two more
// pictures are of all heads together, asked for on a direct line {view, part}: the alignment of a translation and the
// attention rollout. What comes back is the topic "view": title, rows, columns, self, causal, and the bytes "weights".

import { component, fill, fit, make, mark, numbers, say } from "./panel.js";
import { here, pin, point, release, write } from "./pointing.js";
import { line } from "./sending.js";
import { last } from "./bus.js";
import { ask } from "./line.js";
import { watchTyping } from "./typing.js";
import { pick, publishTopics } from "./tick.js";
import { layOutArcs, paintArcs, tokenAt } from "./arcs.js";
import { cellAt, layOutMatrix, paintMatrix } from "./headmatrix.js";
import { mapOf, settle, shown } from "./headmaps.js";

const STYLE = `
  .head .modes { display: inline-flex; gap: 4px; margin-left: auto; align-self: center; flex: none; }
  .scroll { overflow-x: auto; overflow-y: hidden; margin-top: 6px; }
  canvas { width: 100%; cursor: crosshair; touch-action: pan-x pan-y; border-radius: 4px; }
  @media (max-width: 480px) { .head { flex-wrap: wrap; } .head .modes { margin-left: 0; } }
  .reading { font-size: 12px; line-height: 18px; min-height: 18px; color: var(--st-gray-text-color); white-space: nowrap;
    overflow: hidden; text-overflow: ellipsis; }
  @media (max-width: 640px) { .reading { white-space: normal; min-height: 36px; } }
`;
const ARCS = { lay: layOutArcs, at: tokenAt, paint: paintArcs };
const MATRIX = { lay: layOutMatrix, at: cellAt, paint: paintMatrix };
const MODES = { arcs: ARCS, matrix: MATRIX, alignment: { ...ARCS, asked: true }, rollout: { ...MATRIX, asked: true } };
const PATIENCE = 6000;
const TOLD = 4; // tokens that are looked at most, in the reading

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const title = head.appendChild(make("span", "title"));
  const modes = head.appendChild(make("span", "modes", { attributes: { role: "group" } }));
  const scroll = make("div", "scroll");
  const canvas = scroll.appendChild(make("canvas", "", { tabIndex: 0, attributes: { role: "application" } }));
  const reading = make("div", "reading mono");
  const spoken = make("div", "hidden", { attributes: { "aria-live": "polite" } });
  stage.box.replaceChildren(head, scroll, reading, spoken);
  const view = { stage, title, modes, scroll, canvas, reading, spoken, paper: fit(canvas, stage), told: null, config: null,
    mode: "arcs", column: null, frame: null, line: line(), sent: null, whole: null, asked: null, busy: false };
  listen(view);
  watchTyping(stage, () => view.config?.fields, () => view.config.line, (tick) => publishTopics(view.config.channel, tick));

  return {
    update(tick, { data, setStateValue }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      view.line.connect((at) => setStateValue("at", at));
      if (tick.meta.answered !== undefined) view.line.answered(tick.meta.answered);
      adopt(view, tick.meta);
      stage.hear(tick.meta.channel, tick.meta.topic, (told) => { view.told = told; draw(view); });
      stage.hear(tick.meta.channel, "at", () => { tell(view); draw(view); });
      publishTopics(tick.meta.channel, tick);
      draw(view);
    },
    draw: () => draw(view),
    end: () => view.line.end(),
  };
});

// The head that the session remembers, where the page has none of its own yet.
function adopt(view, { channel, at }) {
  if (view.adopted) return;
  view.adopted = true;
  if (at && !last(channel, "at")) pin(channel, at);
  view.sent = write(here(channel).pin ?? here(channel));
}

// Tell Python which head and token are kept, not every one that is pointed at.
function tell(view) {
  const { pin: kept } = here(view.config.channel);
  if (!view.config.asks || !kept || write(kept) === view.sent) return;
  view.sent = write(kept);
  view.line.send(view.sent);
}

function listen(view) {
  const { canvas } = view;
  const at = (event) => (view.frame ? MODES[view.mode].at(view.frame, event.offsetX, event.offsetY) : null);
  canvas.onpointermove = (event) => {
    const found = at(event);
    view.column = found?.column ?? null;
    if (found?.row !== undefined) point(view.config.channel, { step: found.row });
    else if (found) point(view.config.channel, { step: null });
    draw(view);
  };
  canvas.onpointerdown = (event) => {
    const { row } = at(event) ?? {};
    if (row === undefined) return;
    const { pin: kept } = here(view.config.channel);
    pin(view.config.channel, { ...placeOf(view), step: kept?.step === row ? null : row });
  };
  canvas.onpointerleave = (event) => {
    view.column = null;
    if (event.pointerType !== "touch") release(view.config.channel);
    draw(view);
  };
  canvas.onkeydown = (event) => move(view, event);
}

const placeOf = (view) => {
  const { group, layer, head } = settle(view.told, here(view.config.channel), view.config.first);
  return { cell: group.name, layer, unit: head };
};

function move(view, event) {
  const way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!view.told || (!way && event.key !== "Escape")) return;
  event.preventDefault();
  event.stopPropagation();
  const { group } = settle(view.told, here(view.config.channel), view.config.first);
  const step = here(view.config.channel).step ?? (way > 0 ? -1 : group.rows.length);
  pin(view.config.channel, { ...placeOf(view), step: way ? Math.min(Math.max(step + way, 0), group.rows.length - 1) : null });
}

function draw(view) {
  const { told, config, stage, canvas, scroll } = view;
  if (!config) return;
  drawModes(view);
  canvas.style.height = `${config.height}px`;
  if (!told?.groups?.length) return void say(view.title, config.words.none);
  const seen = MODES[view.mode].asked ? wholeOf(view) : headOf(view);
  if (!seen) return;
  const { group, weights, title } = seen;
  const { step } = here(config.channel);
  const row = step === null || step >= group.rows.length ? null : step;
  const { lay, paint } = MODES[view.mode];
  view.frame = lay(canvas.getContext("2d"), group, scroll.clientWidth, config.height, stage.theme);
  canvas.style.width = view.frame.wide > scroll.clientWidth ? `${view.frame.wide}px` : "";
  const column = view.column !== null && view.column < group.columns.length ? view.column : null;
  const { painter } = view.paper();
  paint(painter, { frame: view.frame, group, weights, row, column, theme: stage.theme });
  say(view.title, title);
  read(view, group, weights, row, column);
}

function headOf({ told, config }) {
  const { group, layer, head } = settle(told, here(config.channel), config.first);
  return { group, weights: mapOf(told, group, layer, head), title: fill(config.words.place, { group: group.title, layer: layer + 1, head: head + 1 }) };
}

// The picture of all heads together, as it was told last; where it is of something else by now, it is asked for anew.
function wholeOf(view) {
  const { told, config, mode, whole } = view;
  const part = settle(told, here(config.channel), config.first).group.name;
  const key = JSON.stringify([mode, mode === "rollout" ? part : "", told.number, told.step]);
  if (view.asked !== key && !view.busy) askWhole(view, { view: mode, part }, key);
  return whole?.mode === mode ? whole : headOf(view);
}

async function askWhole(view, question, key) {
  Object.assign(view, { busy: true, asked: key });
  const tick = await ask(view.config.line, question, PATIENCE, view.stage).catch(() => null);
  view.busy = false;
  const told = tick?.meta.topics?.view && pick(tick, "view");
  if (told) view.whole = { mode: question.view, group: told, weights: told.arrays.weights, title: told.title };
  draw(view);
}

function drawModes(view) {
  const { modes, config } = view;
  if (!config.words[view.mode]) view.mode = "arcs";
  const names = Object.keys(MODES).filter((name) => config.words[name]);
  if (modes.children.length !== names.length) modes.replaceChildren(...names.map(() => make("button", "quiet", { type: "button" })));
  names.forEach((name, at) => {
    const button = modes.children[at];
    say(button, config.words[name]);
    mark(button, "aria-pressed", name === view.mode);
    button.onclick = () => { view.mode = name; draw(view); };
  });
}

// In words: what the marked token looks at, or one weight, or which scale the picture has.
function read(view, group, weights, row, column) {
  const { config } = view;
  const percent = numbers(config.language, "percent");
  const count = group.columns.length;
  const of = (from, to) => percent(weights[from * count + to] / 255);
  let text = config.words.hint;
  if (MODES[view.mode].asked && row === null) text = config.words[`${view.mode}_hint`];
  else if (row !== null && column !== null) text = `${shown(group.rows[row])} → ${shown(group.columns[column])} ${of(row, column)}`;
  else if (row !== null) text = `${shown(group.rows[row])} → ${strongest(weights, row, count).map((to) => `${shown(group.columns[to])} ${of(row, to)}`).join(", ")}`;
  say(view.reading, text);
  const named = `${view.title.textContent}. ${config.words.label} ${config.words.keys}`;
  mark(view.canvas, "aria-label", named);
  clearTimeout(view.timer);
  view.timer = setTimeout(() => say(view.spoken, row === null ? "" : text), 700);
}

function strongest(weights, row, count) {
  const own = weights.subarray(row * count, (row + 1) * count);
  return [...own.keys()].sort((one, other) => own[other] - own[one]).filter((at) => own[at] > 2).slice(0, TOLD);
}
