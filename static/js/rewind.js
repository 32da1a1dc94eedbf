// The slider over a run's snapshots: drag to see the page as it was, the button returns to now.

import { component, fill, fit, make, mark, numbers, say } from "./panel.js";
import { rewindTo, rewoundTo } from "./bus.js";
import { publishTopics } from "./tick.js";
import { line } from "./sending.js";

const STYLE = `
  .panel { display: flex; align-items: center; gap: 12px; height: 36px; }
  .name { color: var(--st-gray-text-color); flex: none; }
  .text { color: var(--st-gray-text-color); font-size: 12px; flex: none; text-align: right; white-space: nowrap; }
  .rail { position: relative; flex: 1; min-width: 60px; height: 36px; }
  .rail canvas { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
  input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; background: none; appearance: none; cursor: pointer; }
  input:focus-visible { outline: none; }
  input::-webkit-slider-runnable-track { height: 36px; background: none; }
  input::-moz-range-track { height: 36px; background: none; }
  input::-webkit-slider-thumb { appearance: none; width: 16px; height: 16px; margin-top: 10px; border-radius: 50%; border: 0;
    background: var(--st-primary-color); box-shadow: 0 0 0 4px color-mix(in srgb, var(--st-primary-color) 25%, transparent); }
  input::-moz-range-thumb { width: 16px; height: 16px; border-radius: 50%; border: 0; background: var(--st-primary-color);
    box-shadow: 0 0 0 4px color-mix(in srgb, var(--st-primary-color) 25%, transparent); }
  input:focus-visible::-webkit-slider-thumb { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
  input:focus-visible::-moz-range-thumb { outline: 2px solid var(--st-text-color); outline-offset: 2px; }
  input:disabled { cursor: default; }
  input:disabled::-webkit-slider-thumb { background: var(--st-border-color); box-shadow: none; }
  input:disabled::-moz-range-thumb { background: var(--st-border-color); box-shadow: none; }
  button.quiet { display: inline-flex; align-items: center; gap: 5px; padding: 1px 8px; }
  button.quiet::before { content: ""; width: 6px; height: 6px; border-radius: 50%; background: currentcolor; }
  button.quiet[aria-pressed=true] { color: var(--st-blue-text-color); border-color: transparent; background: var(--st-blue-background-color); }
  @media (max-width: 480px) {
    .panel { flex-wrap: wrap; height: 62px; gap: 4px 10px; }
    .rail { order: 4; flex: 1 0 100%; height: 28px; }
    .text { order: 2; flex: 1; }
    button.quiet { order: 3; }
  }
`;
const THUMB = 8;

export default component(STYLE, (stage) => {
  const name = make("span", "name");
  const rail = make("div", "rail");
  const canvas = rail.appendChild(make("canvas", "", { attributes: { "aria-hidden": true } }));
  const input = rail.appendChild(make("input", "", { type: "range", min: 0, max: 1, step: 1, disabled: true }));
  const button = make("button", "quiet", { type: "button" });
  const text = make("span", "text mono");
  stage.box.replaceChildren(name, rail, text, button);
  const view = { stage, name, input, button, text, paper: fit(canvas, stage), at: null, told: null, config: null, line: line() };
  let shown = null;
  listen(view);

  return {
    update(tick, { data, setStateValue }) {
      if (data === shown) return draw(view);
      shown = data;
      view.config = tick.meta;
      view.line.connect((step) => setStateValue("at", step));
      take(view, tick);
      stage.hear(tick.meta.channel, "snapshots", (value) => hear(view, value));
    },
    draw: () => draw(view),
    end() {
      view.line.end();
      if (view.config) rewindTo(view.config.channel, null);
    },
  };
});

// Another run begins live, also where the last one was rewound.
function hear(view, value) {
  const other = view.told && view.told.run !== value.run;
  view.told = value;
  if (other) moveTo(view, null);
  draw(view);
}

// What Python answered: the step it has seen, and the topics of that snapshot.
function take(view, { meta, arrays }) {
  if (!view.adopted && meta.at !== null) {
    moveTo(view, meta.at, { silent: true });
    if (meta.linked) setTimeout(() => view.line.send(meta.at), 60); // not while mounting: what is set then may be lost
  }
  view.adopted = true;
  view.line.answered(meta.at);
  if (meta.topics) publishTopics(meta.channel, { meta, arrays });
  draw(view);
}

function listen(view) {
  const { input, button } = view;
  input.oninput = () => moveTo(view, nearest(view, Number(input.value)));
  input.onchange = () => view.line.flush();
  input.onkeydown = (event) => {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity }[event.key];
    if (!way || input.disabled) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(view, neighbour(view, way));
  };
  button.onclick = () => {
    moveTo(view, null);
    input.focus();
  };
}

const stepsOf = (view) => view.told?.arrays.steps ?? [];

function nearest(view, step) {
  const steps = [...stepsOf(view)];
  return steps.reduce((best, one) => (Math.abs(one - step) <= Math.abs(best - step) ? one : best), steps[0] ?? null);
}

// The snapshot before or after the one shown; after the last one comes "live" (null).
function neighbour(view, way) {
  const steps = [...stepsOf(view)];
  if (way === Infinity) return null;
  if (way === -Infinity) return steps[0] ?? null;
  const from = view.at ?? Infinity;
  const ahead = steps.filter((step) => way * (step - from) > 0);
  return (way > 0 ? ahead[0] : ahead.at(-1)) ?? (way > 0 ? null : view.at);
}

function moveTo(view, step, { silent = false } = {}) {
  if (step === view.at) return draw(view);
  view.at = step;
  rewindTo(view.config.channel, step);
  if (!silent) view.line.send(step);
  draw(view);
}

function draw(view) {
  const { config, told, input, text, button, name } = view;
  if (!config) return;
  const steps = stepsOf(view);
  const now = told?.step ?? 0;
  const total = Math.max(told?.total_steps ?? 0, now, 1);
  const step = view.at ?? now;
  const count = numbers(config.language, "count");
  const sentence = told ? fill(config.words.step, { step: count(step), total: count(total) }) : "";
  Object.assign(input, { max: total, value: step, disabled: !steps.length });
  say(name, config.words.rewind);
  say(button, config.words.live);
  say(text, sentence);
  mark(button, "aria-pressed", view.at === null);
  text.style.minWidth = `${fill(config.words.step, { step: count(total), total: count(total) }).length}ch`;
  mark(input, "aria-label", config.words.rewind);
  mark(input, "aria-valuetext", sentence);
  paint(view.paper(), view.stage.theme, { steps, step, now, total, marks: told?.marks ?? [] });
}

function paint({ painter, width, height }, theme, { steps, step, now, total, marks }) {
  const x = (at) => THUMB + (width - 2 * THUMB) * (at / total);
  const middle = height / 2;
  bar(painter, x(0), x(total), middle, theme.line);
  painter.globalAlpha = 0.35;
  bar(painter, x(0), x(now), middle, theme.blue);
  painter.globalAlpha = 1;
  bar(painter, x(0), x(step), middle, theme.blue);
  painter.fillStyle = theme.muted;
  for (const at of steps) painter.fillRect(Math.round(x(at)), middle + 7, 1, 4);
  for (const { step: at } of marks) triangle(painter, x(at), middle - 6);
}

function bar(painter, from, to, y, colour) {
  painter.fillStyle = colour;
  painter.beginPath();
  painter.roundRect(from, y - 2, Math.max(to - from, 0), 4, 2);
  painter.fill();
}

function triangle(painter, x, y) {
  painter.beginPath();
  painter.moveTo(x - 4, y - 5);
  painter.lineTo(x + 4, y - 5);
  painter.lineTo(x, y);
  painter.fill();
}
