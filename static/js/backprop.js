// A walk through a network and back, node by node: the picture, the step, the picked weight. Python sends all steps at
// once, so walking needs nobody; what changes the network (a value, an update, the picked weight) is asked of Python.

import { component, fill, make, mark, say } from "./panel.js";
import { publishTopics } from "./tick.js";
import { spoken, writer } from "./formula.js";
import { GRAPH_STYLE, drawGraph, openGraph } from "./walkgraph.js";
import { STEP_STYLE, openStepCard, showStep, speak } from "./stepcard.js";
import { CHAIN_STYLE, give, openChain, openField, refuse, showChain } from "./chain.js";

const PACE = 900; // milliseconds a step while it plays

const STYLE = `${GRAPH_STYLE}${STEP_STYLE}${CHAIN_STYLE}
  .panel { position: relative; container-type: inline-size; }
  .stage { position: relative; }
  .transport { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; margin: 4px 0 10px; padding: 6px 0;
    border-bottom: 1px solid var(--st-border-color); }
  .phases { display: flex; flex-wrap: wrap; gap: 2px; margin-right: auto; }
  .phases button { font: 500 12.5px/18px var(--st-font); border: 0; background: none; cursor: pointer; padding: 3px 9px; border-radius: 6px;
    color: var(--st-gray-text-color); white-space: nowrap; }
  .phases button[aria-current=step] { background: var(--st-gray-background-color); color: var(--st-text-color); font-weight: 600; }
  .keys { display: flex; gap: 4px; align-items: center; }
  .keys .count { min-width: 62px; text-align: center; font-size: 12px; color: var(--st-gray-text-color); }
  .keys button.act { min-width: 34px; }
  .keys button.main { background: var(--st-primary-color); border-color: var(--st-primary-color); color: var(--st-background-color); }
  .keys button.main:hover:not(:disabled) { color: var(--st-background-color); opacity: .9; }
  .cards { display: grid; grid-template-columns: minmax(0, 31fr) minmax(0, 38fr) minmax(0, 31fr); gap: 22px; }
  .popover { position: absolute; z-index: 3; background: var(--st-background-color); border: 1px solid var(--st-border-color);
    border-radius: 8px; padding: 8px; box-shadow: 0 4px 14px rgb(0 0 0 / .14); width: 190px; display: grid; gap: 4px; font-size: 12px; }
  @container (max-width: 759px) { .cards { grid-template-columns: minmax(0, 1fr); gap: 16px; }
    .lines, .paths { max-height: none; } }
`;

export default component(STYLE, (stage) => {
  const view = { stage, at: 0, answer: null, config: null, playing: 0, seq: 0, waiting: 0, ask() {} };
  const frame = make("div", "stage", { tabIndex: 0, attributes: { role: "group" } });
  const picture = frame.appendChild(make("div", "graph"));
  view.graph = openGraph(picture, { pick: (name) => pick(view, name), visit: (id) => visit(view, id), edit: (id, where) => edit(view, id, where) });
  view.bar = openTransport(view);
  view.card = openStepCard();
  view.chain = openChain({ pick: (name) => pick(view, name), set: (name, text) => view.ask({ do: "set", name, text }), check: () => view.ask({ do: "check" }) });
  view.popover = openPopover(view);
  view.live = make("div", "hidden", { attributes: { "aria-live": "polite" } });
  const cards = make("div", "cards");
  cards.append(view.card.box, view.chain.box, view.chain.update);
  frame.append(view.popover.box);
  stage.box.replaceChildren(frame, view.bar.box, cards, view.live);
  Object.assign(view, { frame, picture });
  frame.onkeydown = (event) => press(view, event);
  const watcher = new ResizeObserver(() => draw(view));
  watcher.observe(picture);
  stage.onEnd(() => { watcher.disconnect(); clearInterval(view.playing); });
  return { update: (tick, call) => take(view, tick, call), draw: () => draw(view) };
});

function take(view, tick, { setStateValue }) {
  const { meta } = tick;
  view.config = meta;
  view.write = writer(meta.language);
  view.brief = writer(meta.language, 3);
  view.exact = (digits) => writer(meta.language, digits, digits);
  view.ask = (what) => {
    view.seq = Math.max(Date.now(), view.seq + 1);
    setStateValue("asked", { seq: view.seq, ...what });
  };
  if (!meta.answer) return;
  const news = view.answer?.key !== meta.answer.key;
  if (news && view.answer && view.wanted === "first") view.at = 0;
  view.answer = meta.answer;
  view.at = Math.min(view.at, meta.answer.steps.length - 1);
  if (news) view.wanted = null;
  if (view.popover.id && meta.refused?.name === view.popover.id) refuse(view.popover.field, meta.refused.text);
  else if (news) close(view);
  publishTopics(meta.channel, tick);
}

function draw(view) {
  const { answer, config, write } = view;
  if (!answer) return;
  const step = answer.steps[view.at];
  const { words } = config;
  const seen = { 0: new Set(), 2: new Set(), 3: new Set() };
  for (let i = 0; i <= view.at; i++) answer.steps[i].finds.forEach((id) => seen[answer.steps[i].phase === 1 ? 0 : answer.steps[i].phase].add(id));
  const scene = { answer, step, write, brief: view.brief, exact: view.exact, words, picked: answer.picked.name, at: view.at, count: answer.steps.length,
    known: (id) => seen[0].has(id), slopeKnown: (id) => seen[2].has(id), refused: config.refused };
  drawGraph(view.graph, scene);
  showStep(view.card, scene);
  showChain(view.chain, scene);
  showTransport(view, scene);
  const told = speak(scene);
  mark(view.graph.svg, "aria-label", `${fill(words.picture, { sizes: answer.sizes.join("-") })} ${told}`);
  mark(view.frame, "aria-label", words.keys);
  if (!view.playing) say(view.live, told);
}

// walking

function openTransport(view) {
  const box = make("div", "transport");
  const phases = box.appendChild(make("div", "phases"));
  const keys = box.appendChild(make("div", "keys"));
  const bar = { box, phases: [0, 1, 2, 3].map((phase) => phases.appendChild(make("button", "", { type: "button", onclick: () => jump(view, phase) }))) };
  const add = (name, text, onclick, kind = "act") => { bar[name] = keys.appendChild(make("button", kind, { type: "button", text, onclick })); };
  add("first", "«", () => go(view, 0));
  add("back", "‹", () => go(view, view.at - 1));
  bar.count = keys.appendChild(make("span", "count mono"));
  add("next", "›", () => forward(view), "act main");
  add("play", "", () => play(view));
  return bar;
}

function showTransport(view, { words, step, at, count }) {
  const { bar } = view;
  bar.phases.forEach((button, phase) => {
    say(button, `${phase + 1}. ${words.phases[phase]}`);
    if (phase === step.phase) mark(button, "aria-current", "step");
    else button.removeAttribute("aria-current");
  });
  say(bar.count, `${at + 1} / ${count}`);
  say(bar.play, view.playing ? words.pause : words.play);
  bar.first.disabled = bar.back.disabled = at === 0;
  for (const [name, text] of [["first", words.first], ["back", words.back], ["next", at + 1 < count ? words.next : words.next_update]]) {
    mark(bar[name], "aria-label", text);
    bar[name].title = text;
  }
}

function go(view, at) {
  view.at = Math.min(Math.max(at, 0), view.answer.steps.length - 1);
  draw(view);
}

// After the last step comes the next update's first.
function forward(view) {
  if (view.at + 1 < view.answer.steps.length) return go(view, view.at + 1);
  view.wanted = "first";
  view.ask({ do: "update" });
}

function jump(view, phase) {
  go(view, view.answer.steps.findIndex((step) => step.phase === phase));
}

function play(view) {
  if (view.playing) return stop(view);
  view.playing = setInterval(() => {
    if (view.at + 1 < view.answer.steps.length) go(view, view.at + 1);
    else stop(view);
  }, PACE);
  forwardOrRestart(view);
}

function forwardOrRestart(view) {
  go(view, view.at + 1 < view.answer.steps.length ? view.at + 1 : 0);
}

function stop(view) {
  clearInterval(view.playing);
  view.playing = 0;
  draw(view);
}

// Go to the step in which a place is active, in this direction where there is one.
function visit(view, id) {
  const { steps } = view.answer;
  const here = steps[view.at].phase;
  const found = steps.findIndex((step) => step.phase === here && step.at === id);
  go(view, found >= 0 ? found : steps.findIndex((step) => step.at === id));
}

function press(view, event) {
  const names = Object.keys(view.answer?.weights ?? {});
  const at = names.indexOf(view.answer?.picked.name);
  const actions = {
    ArrowRight: () => forward(view), ArrowLeft: () => go(view, view.at - 1), Home: () => go(view, 0),
    End: () => go(view, Infinity), " ": () => play(view), Enter: () => view.ask({ do: "check" }),
    ArrowDown: () => pick(view, names[(at + 1) % names.length]), ArrowUp: () => pick(view, names[(at || names.length) - 1]),
  };
  if (!actions[event.key] || event.target !== view.frame) return;
  event.preventDefault();
  event.stopPropagation();
  actions[event.key]();
}

// what is asked of Python

function pick(view, name) {
  if (name !== view.answer.picked.name) view.ask({ do: "pick", name });
  else view.chain.field.input.focus();
}

function openPopover(view) {
  const box = make("div", "popover", { hidden: true });
  const label = box.appendChild(make("label"));
  const text = label.appendChild(make("span"));
  const field = openField((value) => view.ask({ do: "set", name: view.popover.id, text: value }));
  const { onkeydown } = field.input;
  field.input.onkeydown = (event) => { onkeydown(event); if (event.key === "Escape") close(view); };
  field.input.addEventListener("blur", () => field.refused.textContent || field.input.value !== field.given || close(view));
  label.append(" ", field.input);
  box.append(field.refused);
  return { box, text, field, id: null };
}

function edit(view, id, where) {
  const { popover, frame, config } = view;
  const [target, base] = [where.getBoundingClientRect(), frame.getBoundingClientRect()];
  popover.id = id;
  popover.box.hidden = false;
  popover.box.style.left = `${Math.min(Math.max(target.left - base.left, 0), base.width - 192)}px`;
  popover.box.style.top = `${target.bottom - base.top + 4}px`;
  say(popover.text, spoken(view.answer.scalars[id].symbol));
  popover.field.given = "";
  refuse(popover.field, "");
  give(popover.field, view.write(view.answer.scalars[id].value), config.words.not_a_number);
  popover.field.input.focus();
  popover.field.input.select();
}

function close(view) {
  view.popover.id = null;
  view.popover.box.hidden = true;
}
