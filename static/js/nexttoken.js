// The next token in columns: logits, temperature, softmax, top-k and top-p, and what is drawn; accepted, it joins the text.
//
// What has been written so far stays in the browser; each step is asked for on a direct line: {ids (null: the prompt
// alone), temperature, top_k, top_p, seed, begins}. The topic "token" that comes back: tokens, ids and ranks of the
// columns, which are some of the `count` tokens: the likeliest, the drawn one, and those `found` that begin with what is
// typed; float32 logits, scaled, probabilities, kept; drawn, written [text], so_far [ids], finished, times.

import { component, fill, make, mark, say } from "./panel.js";
import { pick } from "./tick.js";
import { ask } from "./line.js";
import { drawSheet, SHEET_STYLE } from "./nextsheet.js";
import { shown } from "./headmaps.js";

const STYLE = `${SHEET_STYLE}
  .text { font: 14px/22px var(--st-code-font); white-space: pre-wrap; overflow-wrap: anywhere; min-height: 24px; max-height: 132px; overflow-y: auto; margin: 2px 0 6px; }
  .text span { color: var(--st-gray-text-color); }
  .text b { font-weight: 500; border-radius: 3px; background: var(--st-blue-background-color); }
  .text b:last-child { box-shadow: inset 0 0 0 1.5px var(--st-primary-color); }
  .said { color: var(--st-orange-text-color); font-size: 12.5px; }
  .knobs { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 4px 0 6px; }
  .knobs label { display: grid; grid-template-columns: auto 104px 4ch; gap: 8px; align-items: center; font-size: 12px; color: var(--st-gray-text-color); }
  .knobs input { width: 104px; accent-color: var(--st-primary-color); margin: 0; }
  .knobs b { font-weight: 400; color: var(--st-text-color); }
  .acts { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin: 8px 0 4px; }
  .acts button { font-size: 13px; line-height: 22px; padding: 1px 10px; }
  .acts button:disabled { opacity: .5; cursor: default; }
  .acts button.main:not(:disabled), .acts button.main:not(:disabled):hover { color: var(--st-background-color); background: var(--st-primary-color); border-color: transparent; }
  .find { font: 13px/22px var(--st-font); color: var(--st-text-color); background: var(--st-background-color); border: 1px solid var(--st-border-color);
    border-radius: 5px; padding: 1px 8px; width: 190px; }
  .small { font-size: 12px; color: var(--st-gray-text-color); min-height: 18px; }
`;
const KNOBS = [["temperature", 0.1, 3, 0.05, 1], ["top_k", 0, 40, 1, 0], ["top_p", 0.05, 1, 0.05, 1]];
const PATIENCE = 8000;
const AGAIN = 1000;
const kept = new Map(); // by channel: what was written, while one is on other pages

export default component(STYLE, (stage) => {
  const parts = Object.fromEntries(["text", "said", "knobs"].map((name) => [name, make("div", name)]));
  const sheet = make("table");
  const [acts, small] = [make("div", "acts"), make("div", "small mono")];
  const find = make("input", "find", { type: "text", maxLength: 24, autocomplete: "off", spellcheck: false });
  stage.box.replaceChildren(parts.text, parts.said, parts.knobs, sheet, acts, small);
  const view = { stage, ...parts, sheet, acts, small, find, told: null, config: null, life: null, busy: false, waiting: null, timer: 0 };
  openActs(view);
  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      begin(view, tick.meta);
    },
    draw: () => draw(view),
    end: () => clearTimeout(view.timer),
  };
});

// Another prompt begins anew; the same one goes on where it was left.
function begin(view, meta) {
  view.config = meta;
  if (kept.get(meta.channel)?.prompt !== meta.prompt) kept.set(meta.channel, { prompt: meta.prompt, ids: null, how: { temperature: 1, top_k: 0, top_p: 1 }, seed: 1, stack: [] });
  view.life = kept.get(meta.channel);
  openKnobs(view);
  look(view);
}

async function look(view) {
  if (view.busy) return void (view.waiting = true);
  view.busy = true;
  const { life, config } = view;
  const tick = await ask(config.line, { ids: life.ids, seed: life.seed, begins: view.find.value, ...life.how }, PATIENCE, view.stage).catch(() => null);
  view.busy = false;
  if (life !== view.life || view.waiting) return look(Object.assign(view, { waiting: false }));
  if (tick?.meta.topics?.token) view.told = pick(tick, "token");
  const strange = view.find.value && !tick?.meta.error && !view.told?.found.length;
  say(view.said, strange ? config.words.not_found : tick ? tick.meta.error ?? "" : config.words.lost);
  draw(view);
  if (!tick || tick.meta.again) view.timer = setTimeout(() => look(view), AGAIN); // the engine is waking or busy
  if (view.streaming && view.told && !tick?.meta.error) stream(view);
}

function accept(view, id) {
  const { life, told } = view;
  if (!told || told.finished || id === undefined) return;
  view.find.value = "";
  life.stack.push(life.ids);
  life.ids = [...told.so_far, id];
  life.seed += 1;
  look(view);
}

function goBack(view) {
  stop(view);
  const { life } = view;
  if (!life.stack.length) return;
  life.ids = life.stack.pop();
  look(view);
}

function stream(view) {
  if (view.told.finished) return stop(view);
  view.timer = setTimeout(() => view.streaming && accept(view, view.told.ids[view.told.drawn]), 60);
}

function stop(view) {
  view.streaming = false;
  clearTimeout(view.timer);
  draw(view);
}

function openKnobs(view) {
  if (!view.knobs.children.length) {
    for (const [name, min, max, step] of KNOBS) {
      const label = view.knobs.appendChild(make("label"));
      const input = make("input", "", { type: "range", min, max, step });
      label.append(make("span"), input, make("b", "mono"));
      input.oninput = () => { view.life.how[name] = Number(input.value); nameKnobs(view); look(view); };
    }
  }
  KNOBS.forEach(([name], at) => { view.knobs.children[at].children[1].value = view.life.how[name]; });
}

function openActs(view) {
  const acts = { accept: () => accept(view, view.told?.ids[view.told.drawn]), draw: () => { view.life.seed += 1; look(view); },
    back: () => goBack(view), stream: () => (view.streaming ? stop(view) : (view.streaming = true, stream(view), draw(view))),
    clear: () => { stop(view); Object.assign(view.life, { ids: null, stack: [] }); look(view); } };
  view.buttons = {};
  for (const [name, act] of Object.entries(acts)) {
    view.buttons[name] = view.acts.appendChild(make("button", name === "accept" ? "quiet main" : "quiet", { type: "button", onclick: act }));
  }
  view.acts.append(view.find);
  view.find.oninput = () => look(view);
  view.find.onkeydown = (event) => {
    event.stopPropagation(); // Streamlit has keys of its own
    if (event.key === "Enter") accept(view, view.told?.ids[view.told.found[0]]);
  };
}

function draw(view) {
  const { told, config } = view;
  if (!config) return;
  nameKnobs(view);
  const there = Boolean(told?.arrays.logits);
  view.sheet.hidden = view.acts.hidden = !there;
  if (!there) return void say(view.small, view.said.textContent ? "" : config.words.waiting);
  drawText(view);
  drawSheet(view, (id) => accept(view, id));
  drawActs(view);
  drawTimes(view);
}

function drawText({ text, told, life, config }) {
  const fresh = life.stack.length;
  const begun = told.written.slice(0, told.written.length - fresh);
  const joint = config.joint;
  const own = told.written.slice(told.written.length - fresh);
  const key = JSON.stringify([begun, own]);
  if (text.dataset.key === key) return;
  text.dataset.key = key;
  const see = (token) => (config.joint ? token : token === "⏎" ? "⏎\n" : token);
  text.replaceChildren(make("span", "", { text: begun.map(see).join(joint) + (begun.length && own.length ? joint : "") }),
    ...own.flatMap((token, at) => [make("b", "", { text: see(token) }), ...(joint && at < own.length - 1 ? [joint] : [])]));
  text.scrollTop = text.scrollHeight;
}

function nameKnobs({ knobs, life, config }) {
  const format = new Intl.NumberFormat(config.language, { maximumFractionDigits: 2 });
  KNOBS.forEach(([name], at) => {
    const [text, input, value] = knobs.children[at].children;
    say(text, config.words[name]);
    mark(input, "aria-label", config.words[name]);
    say(value, name === "top_k" && !life.how[name] ? config.words.all : format.format(life.how[name]));
  });
}

function drawActs({ buttons, config, told, life, streaming, find }) {
  const token = shown(told.tokens[told.drawn] ?? "");
  say(buttons.accept, told.finished ? config.words.finished : fill(config.words.accept, { token }));
  buttons.accept.disabled = buttons.draw.disabled = told.finished || streaming;
  say(buttons.draw, config.words.draw);
  say(buttons.back, config.words.back);
  buttons.back.disabled = !life.stack.length;
  say(buttons.stream, streaming ? config.words.stop : config.words.stream);
  buttons.stream.disabled = told.finished;
  say(buttons.clear, config.words.clear);
  buttons.clear.disabled = !life.stack.length;
  find.placeholder = config.words.find;
  mark(find, "aria-label", config.words.find);
  find.disabled = told.finished || streaming;
}

function drawTimes({ small, config, told }) {
  const format = new Intl.NumberFormat(config.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const { cached, whole } = told.times ?? {};
  say(small, cached ? fill(config.words.times, { cached: format.format(1000 * cached), whole: format.format(1000 * whole), count: told.so_far.length }) : "");
}
