// What every panel needs: one life per place in the page, a style sheet, a canvas at the screen's own resolution.

import { decode } from "./tick.js";
import { readTheme } from "./colors.js";
import { subscribe } from "./bus.js";

const SILENT = 400; // milliseconds of waiting of which nothing is said
const lives = new WeakMap();
const sheets = new Map();

const SHARED = `
  :host { display: block; position: relative; min-width: 0; }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  .panel { font-family: var(--st-font); color: var(--st-text-color); font-size: 13px; line-height: 18px; min-width: 0; }
  .head { display: flex; align-items: baseline; gap: 6px; min-height: 20px; white-space: nowrap; }
  .title { font-weight: 600; flex: none; }
  .note { color: var(--st-gray-text-color); font-size: 12px; overflow: hidden; text-overflow: ellipsis; min-width: 0; }
  .waits { position: absolute; top: 0; right: 0; z-index: 9; padding: 2px 8px; border-radius: 10px; pointer-events: none;
    font: 12px/18px var(--st-font); color: var(--st-text-color); background: var(--st-secondary-background-color);
    border: 1px solid var(--st-border-color); }
  .mono { font-family: var(--st-code-font); font-variant-numeric: tabular-nums; font-feature-settings: "calt" 0; }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  button.quiet { font: 500 12px/16px var(--st-font); color: var(--st-gray-text-color); background: none; flex: none;
    border: 1px solid var(--st-border-color); border-radius: 5px; padding: 0 6px; cursor: pointer; }
  button.quiet:hover, button.quiet[aria-pressed=true], button.quiet[aria-expanded=true] {
    color: var(--st-text-color); border-color: var(--st-gray-text-color); }
  :focus { outline: none; }
  :focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; border-radius: 4px; }
  canvas { display: block; }
  @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;

// Turn a panel into a component: `create(stage)` is called once a mount and returns {update(tick, component), draw()}.
// Streamlit calls the component again at each new message and theme; a call's clean-up may come while the panel is
// still in the page (a newer call has overtaken it), so a panel ends only when its place has left the document.
export function component(style, create) {
  return (call) => {
    const root = call.parentElement;
    if (!root.isConnected) return () => {}; // the page was left before this script had come: there are no colours any more
    const life = lives.get(root) ?? begin(root, style, create);
    life.stage.theme = readTheme(root);
    life.panel.update(decode(call.data), call);
    life.panel.draw?.();
    return () => setTimeout(() => root.isConnected || end(root));
  };
}

function begin(root, style, create) {
  root.adoptedStyleSheets = [sheet(SHARED), sheet(style)];
  const stage = openStage(root);
  const life = { stage, panel: create(stage) };
  stage.redraw = () => life.panel.draw?.();
  stage.onEnd(() => life.panel.end?.());
  lives.set(root, life);
  watchFonts(stage);
  return life;
}

function end(root) {
  lives.get(root)?.stage.end();
  lives.delete(root);
}

function openStage(root) {
  const box = root.querySelector(".panel") ?? root.appendChild(make("div", "panel"));
  const ends = new Set();
  const heard = new Map();
  const stage = { root, box, theme: readTheme(root), redraw() {} };
  stage.onEnd = (action) => ends.add(action);
  stage.end = () => [...ends].forEach((action) => action());
  // One subscription a slot; asking again for the same one changes nothing.
  stage.hear = (channel, topic, action, slot = topic) => {
    const name = `${channel}\n${topic}`;
    if (heard.get(slot)?.name === name) return;
    heard.get(slot)?.stop();
    heard.set(slot, { name, stop: subscribe(channel, topic, action) });
  };
  stage.onEnd(() => heard.forEach(({ stop }) => stop()));
  return stage;
}

// Has a panel say that an answer is being waited for, once that takes its time; returns what ends it.
export function waiting(stage) {
  if (!stage) return () => {};
  stage.awaited = (stage.awaited ?? 0) + 1;
  const timer = setTimeout(() => {
    stage.waits ??= make("div", "waits", { attributes: { role: "status" } });
    say(stage.waits, document.querySelector("[data-derin-waiting]")?.dataset.derinWaiting ?? "…");
    stage.root.append(stage.waits);
  }, SILENT);
  return () => {
    clearTimeout(timer);
    stage.awaited -= 1;
    if (!stage.awaited) stage.waits?.remove();
  };
}

function watchFonts(stage) {
  const redraw = () => stage.redraw();
  document.fonts.addEventListener("loadingdone", redraw);
  stage.onEnd(() => document.fonts.removeEventListener("loadingdone", redraw));
}

function sheet(text) {
  if (!sheets.has(text)) {
    const made = new CSSStyleSheet();
    made.replaceSync(text);
    sheets.set(text, made);
  }
  return sheets.get(text);
}

export function make(tag, className = "", fields = {}) {
  const { text, attributes = {}, ...rest } = fields;
  const element = Object.assign(document.createElement(tag), { className }, rest);
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Change a text or an attribute only where it differs, so that a tick without news touches nothing.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function mark(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// Keep a canvas as wide as its box and sharp; returns its painter for `draw(painter, width, height)`.
export function fit(canvas, stage) {
  const watcher = new ResizeObserver(() => stage.redraw());
  watcher.observe(canvas);
  stage.onEnd(() => watcher.disconnect());
  return () => paper(canvas);
}

// Returns a canvas's painter, wiped and at the screen's own resolution, and its size: {painter, width, height}.
export function paper(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = globalThis.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  const painter = canvas.getContext("2d");
  painter.setTransform(ratio, 0, 0, ratio, 0, 0);
  painter.clearRect(0, 0, width, height);
  return { painter, width, height };
}

// Put values into a sentence from Python: fill("{row} read as {column}", {row: 4, column: 9}).
export function fill(template, values) {
  return (template ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// Say how long an engine that wakes still needs, some seconds after that was told, or else for how long it has been
// starting (pages/ui/waking.py); one that is awake and busy says so.
export function sayWaking(words, { waiting = 0, since = 0 }, seconds = 0) {
  if (since === null) return words.busy;
  const left = Math.ceil(waiting - seconds);
  return left > 0 ? fill(words.waking, { seconds: left }) : fill(words.starting, { seconds: Math.round(since + seconds) });
}

// Returns a formatter for numbers: "percent", "number" (three places below ten) or "count".
export function numbers(language, kind = "number") {
  const choose = (options) => new Intl.NumberFormat(language, options);
  if (kind === "percent") return ((f) => (v) => f.format(v))(choose({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }));
  if (kind === "count") return ((f) => (v) => f.format(v))(choose({ maximumFractionDigits: 0 }));
  const [fine, plain, large] = [3, 2, 0].map((n) => choose({ minimumFractionDigits: n, maximumFractionDigits: n }));
  return (v) => (Math.abs(v) < 9.9995 ? fine : Math.abs(v) < 1000 ? plain : large).format(v);
}
