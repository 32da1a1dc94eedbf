// Points on a plane that flow from noise to the data: the topic "flow" holds every moment, the slider moves among them.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { within } from "./axes.js";
import { openScrubber, SCRUBBER_STYLE } from "./scrubber.js";
import { openWishes } from "./wishes.js";
import { paintData, paintField, paintPath, paintPoints, paintStep, planeFrame } from "./flowpaint.js";
import { publishTopics } from "./tick.js";

const STYLE = `${SCRUBBER_STYLE}
  .head { gap: 0 12px; flex-wrap: wrap; min-height: 24px; align-items: center; }
  .shown { margin-left: auto; display: inline-flex; gap: 5px; }
  .square { position: relative; width: min(100%, 430px); margin: 2px auto 4px; aspect-ratio: 1; }
  .square canvas { width: 100%; height: 100%; border-radius: 6px; touch-action: pan-y; cursor: crosshair; }
  .square canvas.putting { touch-action: none; }
  .square .empty { position: absolute; inset: 0; display: grid; place-items: center; text-align: center; padding: 20%; pointer-events: none;
    color: var(--st-gray-text-color); }
  .tools { display: flex; align-items: center; gap: 6px; min-height: 24px; font-size: 12px; color: var(--st-gray-text-color); white-space: nowrap; }
  .tools .said { overflow: hidden; text-overflow: ellipsis; flex: 1; min-width: 0; }
  @media (max-width: 760px) { .tools { min-height: 54px; align-items: start; } .tools .said { white-space: normal; } }
  .tools .said.refused { color: var(--st-orange-text-color); white-space: normal; }
`;
const SHOWN = ["data", "field", "paths"];
const APART = 0.025; // of the plane's width, between two points of one pull

export default component(STYLE, (stage) => {
  const view = { stage, meta: null, data: null, told: null, picked: null, pulled: null, shown: { data: true, field: true, paths: false }, wishes: openWishes() };
  layOut(view);
  return {
    update(tick, { data, setStateValue }) {
      if (!tick.meta.channel) return;
      view.wishes.connect((asked) => setStateValue("asked", asked));
      if (data === view.seen) return;
      Object.assign(view, { seen: data, meta: tick.meta, data: tick.arrays.data });
      view.wishes.answered(tick.meta.seq);
      stage.hear(tick.meta.channel, "flow", (told) => hear(view, told));
      publishTopics(tick.meta.channel, tick);
      configure(view);
    },
    draw: () => view.meta && draw(view),
    end: () => view.wishes.end(),
  };
});

function layOut(view) {
  const { stage } = view;
  const head = make("div", "head");
  [view.title, view.note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const shown = head.appendChild(make("span", "shown", { attributes: { role: "group" } }));
  view.switches = SHOWN.map((name) => {
    const button = shown.appendChild(make("button", "quiet", { type: "button" }));
    button.onclick = () => { view.shown[name] = !view.shown[name]; draw(view); };
    return { name, button };
  });
  const square = make("div", "square");
  view.canvas = square.appendChild(make("canvas", "", { tabIndex: 0, attributes: { role: "application" } }));
  view.empty = square.appendChild(make("div", "empty"));
  view.paper = fit(view.canvas, stage);
  view.scrubber = openScrubber(stage, () => draw(view));
  const tools = make("div", "tools");
  view.said = tools.appendChild(make("span", "said", { attributes: { "aria-live": "polite" } }));
  [view.undo, view.clear] = ["undo", "clear"].map((name) => {
    const button = tools.appendChild(make("button", "quiet", { type: "button" }));
    button.onclick = () => view.wishes.wish({ do: name });
    return button;
  });
  follow(view);
  stage.box.replaceChildren(head, square, view.scrubber.node, tools);
}

function configure({ meta, scrubber, switches, undo, clear, title, canvas, told }) {
  const { words } = meta;
  say(title, words.title);
  for (const { name, button } of switches) say(button, words[name]);
  say(undo, words.undo);
  say(clear, words.clear);
  undo.hidden = clear.hidden = !meta.draws;
  undo.disabled = clear.disabled = !meta.own;
  canvas.classList.toggle("putting", meta.draws);
  arrange({ meta, scrubber, told });
}

function arrange({ meta, scrubber, told }) {
  const times = told?.arrays.times ?? [];
  const write = new Intl.NumberFormat(meta.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  scrubber.configure({ last: times.length - 1, words: meta.words, label: meta.words.time,
    write: (at) => (times.length ? fill(meta.words.at, { t: write.format(times[at] ?? 0) }) : "") });
  scrubber.node.inert = !times.length;
}

// A new moment of the network: the slider stays where it is, at the end where it has not been moved yet.
function hear(view, told) {
  const first = !view.told;
  view.told = told.arrays?.paths ? told : null;
  if (!view.meta) return;
  arrange(view);
  if (first && view.told) view.scrubber.set(told.arrays.times.length - 1);
  draw(view);
}

// the hand

function follow(view) {
  const { canvas } = view;
  const where = (event) => view.frame && [view.frame.across(event.offsetX), view.frame.up(event.offsetY)];
  canvas.onpointerdown = (event) => {
    const at = where(event);
    if (event.button || !at) return;
    canvas.focus({ preventScroll: true, focusVisible: false });
    if (!view.meta.draws) return pick(view, at);
    canvas.setPointerCapture(event.pointerId);
    view.pulled = [at];
    draw(view);
  };
  canvas.onpointermove = (event) => {
    const at = view.pulled && where(event);
    if (!at || Math.hypot(at[0] - view.pulled.at(-1)[0], at[1] - view.pulled.at(-1)[1]) < APART * view.meta.edge * 2) return;
    view.pulled.push(at);
    draw(view);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (view.pulled) view.wishes.wish({ do: "points", points: view.pulled.map(([x, y]) => [round(x), round(y)]) });
    view.pulled = null;
  };
  canvas.onkeydown = (event) => press(event, view);
}

const round = (value) => Number(value.toFixed(2));

function press(event, view) {
  const count = view.told?.arrays.paths.shape[1] ?? 0;
  const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (event.key === "Escape") view.picked = null;
  else if (way && count) view.picked = ((view.picked ?? -1) + way + count) % count;
  else return;
  event.preventDefault();
  event.stopPropagation();
  draw(view);
}

// The point nearest to a place; a click far from all of them takes the choice back.
function pick(view, [x, y]) {
  if (!view.told) return;
  const now = momentOf(view);
  let [best, nearest] = [null, (0.08 * view.meta.edge) ** 2];
  for (let at = 0; at < now.length / 2; at++) {
    const distance = (now[2 * at] - x) ** 2 + (now[2 * at + 1] - y) ** 2;
    if (distance < nearest) [best, nearest] = [at, distance];
  }
  view.picked = best;
  draw(view);
}

function momentOf({ told, scrubber }) {
  const { paths } = told.arrays;
  const size = 2 * paths.shape[1];
  return paths.subarray(scrubber.index * size, (scrubber.index + 1) * size);
}

// the picture

function draw(view) {
  const { meta, told, shown, switches, scrubber, stage: { theme } } = view;
  if (!meta) return;
  const paper = view.paper();
  const frame = (view.frame = planeFrame(paper, meta.edge, { theme, language: meta.language }));
  within(paper.painter, frame, () => paintAll(view, paper.painter, frame));
  for (const { name, button } of switches) mark(button, "aria-pressed", shown[name]);
  describe(view);
}

function paintAll({ meta, told, shown, data, pulled, picked, scrubber, stage: { theme } }, painter, frame) {
  if (shown.field && told?.arrays.field) paintField(painter, frame, told.arrays, told.arrays.times[scrubber.index], meta.edge, theme);
  if (shown.data && data) paintData(painter, frame, data, theme, meta.draws);
  if (pulled) paintData(painter, frame, pulled.flat(), theme, true);
  if (!told) return;
  const { paths } = told.arrays;
  if (shown.paths) for (let at = 0; at < paths.shape[1]; at += 4) paintPath(painter, frame, paths, at, scrubber.index, { colour: theme.blue, alpha: 0.18 });
  paintPoints(painter, frame, momentOf({ told, scrubber }), theme);
  if (picked === null) return;
  paintPath(painter, frame, paths, picked, scrubber.index, { colour: theme.orange, whole: true, theme });
  paintStep(painter, frame, told.arrays, picked, scrubber.index, theme);
}

function describe(view) {
  const { meta, told, picked, scrubber, said, canvas, empty, note } = view;
  const { words } = meta;
  say(empty, told ? "" : (meta.refused || words.empty));
  say(note, told?.note ?? "");
  const hint = meta.draws ? words.pull : words.pick;
  say(said, meta.refused || (told && picked !== null ? tell(view) : hint));
  said.classList.toggle("refused", Boolean(meta.refused));
  const { times } = told?.arrays ?? {};
  mark(canvas, "aria-label", `${words.plane} ${told ? fill(words.at, { t: times[scrubber.index].toFixed(2) }) : words.empty} ${hint}`);
}

// Where the picked point began, stands, and ends, and where the network thinks that it came from.
function tell({ meta, told, picked, scrubber }) {
  const { paths, guesses } = told.arrays;
  const write = new Intl.NumberFormat(meta.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const at = (moment, array = paths) => `(${[0, 1].map((axis) => write.format(array[2 * (moment * array.shape[1] + picked) + axis])).join("; ")})`;
  return fill(meta.words.path, { from: at(0), now: at(scrubber.index), to: at(paths.shape[0] - 1), guess: at(Math.min(scrubber.index, guesses.shape[0] - 1), guesses) });
}
