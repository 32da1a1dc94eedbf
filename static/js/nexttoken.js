// The next token in columns: logits, temperature, softmax, top-k and top-p, and what is drawn; accepted, it joins the text.
//
// What has been written so far stays in the browser; each step is asked for on a direct line: {ids (null: the prompt
// alone), temperature, top_k, top_p, seed}. The topic "token" that comes back: tokens, ids of the columns; float32
// logits, scaled, probabilities, kept; drawn, written [text], so_far [ids], finished, times {cached, whole}, rest.

import { component, fill, make, mark, numbers, say } from "./panel.js";
import { pick } from "./tick.js";
import { ask } from "./line.js";
import { shown } from "./headmaps.js";

const STYLE = `
  .text { font: 14px/22px var(--st-code-font); white-space: pre-wrap; overflow-wrap: anywhere; min-height: 24px; max-height: 132px; overflow-y: auto; margin: 2px 0 6px; }
  .text span { color: var(--st-gray-text-color); }
  .text b { font-weight: 500; border-radius: 3px; background: var(--st-blue-background-color); }
  .text b:last-child { box-shadow: inset 0 0 0 1.5px var(--st-primary-color); }
  .said { color: var(--st-orange-text-color); font-size: 12.5px; }
  .knobs { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 4px 0 6px; }
  .knobs label { display: grid; grid-template-columns: auto 104px 4ch; gap: 8px; align-items: center; font-size: 12px; color: var(--st-gray-text-color); }
  .knobs input { width: 104px; accent-color: var(--st-primary-color); margin: 0; }
  .knobs b { font-weight: 400; color: var(--st-text-color); }
  table { border-collapse: collapse; width: 100%; max-width: 660px; font-size: 12.5px; }
  th { font-weight: 400; color: var(--st-gray-text-color); text-align: right; padding: 0 8px 2px 0; font-size: 11.5px; white-space: nowrap; }
  th:first-child, td:first-child { text-align: left; }
  td { padding: 0 8px 0 0; height: 23px; text-align: right; white-space: nowrap; border-top: 1px solid var(--st-border-color); }
  td button { font: 500 12.5px/18px var(--st-code-font); color: var(--st-text-color); background: none; border: 1px solid var(--st-border-color);
    border-radius: 5px; padding: 0 7px; min-width: 30px; cursor: pointer; max-width: 130px; overflow: hidden; text-overflow: ellipsis; }
  td button:hover { border-color: var(--st-gray-text-color); }
  tr.drawn td button { border-color: var(--st-text-color); box-shadow: inset 0 0 0 1px var(--st-text-color); font-weight: 700; }
  tr.out td:not(:first-child) { opacity: .45; }
  td .bar { display: inline-block; width: 84px; height: 8px; border-radius: 3px; background: var(--st-gray-background-color); margin-left: 8px; overflow: hidden; }
  td .bar i { display: block; height: 100%; background: var(--st-primary-color); transform-origin: left; }
  td.share .bar i { background: var(--st-gray-color); }
  .acts { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; margin: 8px 0 4px; }
  .acts button { font-size: 13px; line-height: 22px; padding: 1px 10px; }
  .acts button:disabled { opacity: .5; cursor: default; }
  .acts button.main:not(:disabled), .acts button.main:not(:disabled):hover { color: var(--st-background-color); background: var(--st-primary-color); border-color: transparent; }
  .small { font-size: 12px; color: var(--st-gray-text-color); min-height: 18px; }
  @media (max-width: 480px) { th.scaled, td.scaled, td .bar { display: none; } }
`;
const ROWS = 9;
const KNOBS = [["temperature", 0.1, 3, 0.05, 1], ["top_k", 0, 40, 1, 0], ["top_p", 0.05, 1, 0.05, 1]];
const COLUMNS = ["token", "logit", "scaled", "share", "kept"];
const PATIENCE = 8000;
const kept = new Map(); // by channel: what was written, while one is on other pages

export default component(STYLE, (stage) => {
  const parts = Object.fromEntries(["text", "said", "knobs"].map((name) => [name, make("div", name)]));
  const sheet = make("table");
  const [acts, small] = [make("div", "acts"), make("div", "small mono")];
  stage.box.replaceChildren(parts.text, parts.said, parts.knobs, sheet, acts, small);
  const view = { stage, ...parts, sheet, acts, small, told: null, config: null, life: null, busy: false, waiting: null, timer: 0 };
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
  const tick = await ask(config.line, { ids: life.ids, seed: life.seed, ...life.how }, PATIENCE).catch(() => null);
  view.busy = false;
  if (life !== view.life || view.waiting) return look(Object.assign(view, { waiting: false }));
  say(view.said, tick ? tick.meta.error ?? "" : config.words.lost);
  if (tick?.meta.topics?.token) view.told = pick(tick, "token");
  draw(view);
  if (view.streaming && view.told && !tick?.meta.error) stream(view);
}

function accept(view, id) {
  const { life, told } = view;
  if (!told || told.finished) return;
  if (id === undefined) return void (life.seed += 1, look(view)); // drawn beyond the tokens that are told: once more
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
}

function draw(view) {
  const { told, config } = view;
  if (!config) return;
  nameKnobs(view);
  const there = Boolean(told?.arrays.logits);
  view.sheet.hidden = view.acts.hidden = !there;
  if (!there) return void say(view.small, view.said.textContent ? "" : config.words.waiting);
  drawText(view);
  drawTable(view);
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

function drawTable(view) {
  const { sheet, told, config } = view;
  if (!sheet.children.length) {
    const top = sheet.appendChild(make("thead")).appendChild(make("tr"));
    top.append(...COLUMNS.map((name) => make("th", name, { scope: "col" })));
    sheet.append(make("tbody"));
  }
  [...sheet.querySelectorAll("th")].forEach((cell, at) => say(cell, config.words[COLUMNS[at]]));
  const body = sheet.lastChild;
  const drawn = told.finished ? -1 : told.drawn;
  const rows = [...Array(Math.min(ROWS, told.tokens.length)).keys()];
  if (drawn >= ROWS) rows[ROWS - 1] = drawn; // what was drawn is always seen
  while (body.children.length > rows.length) body.lastChild.remove();
  while (body.children.length < rows.length) body.append(openRow());
  rows.forEach((at, place) => fillRow(view, body.children[place], at, at === drawn));
}

function openRow() {
  const row = make("tr");
  for (const name of COLUMNS) {
    const cell = row.appendChild(make("td", name === "token" ? name : `${name} mono`));
    if (name === "token") cell.append(make("button", "", { type: "button" }));
    if (name === "share" || name === "kept") {
      cell.append(make("span"), make("span", "bar"));
      cell.lastChild.append(make("i"));
    }
  }
  return row;
}

function fillRow(view, row, at, drawn) {
  const { told, config } = view;
  const format = new Intl.NumberFormat(config.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = numbers(config.language, "percent");
  const write = (value) => format.format(value).replace("-", "−");
  const [name, logit, scaled, share, left] = row.children;
  const { logits, scaled: divided, probabilities, kept: drawnFrom } = told.arrays;
  say(name.firstChild, shown(told.tokens[at]));
  name.firstChild.onclick = () => accept(view, told.ids[at]);
  name.firstChild.disabled = told.finished;
  mark(name.firstChild, "title", config.words.choose);
  say(logit, write(logits[at]));
  say(scaled, write(divided[at]));
  fillBar(share, probabilities[at], percent);
  fillBar(left, drawnFrom[at], percent);
  mark(row, "class", drawn ? "drawn" : drawnFrom[at] ? "" : "out");
}

function fillBar(cell, share, percent) {
  say(cell.firstChild, percent(share));
  cell.lastChild.firstChild.style.transform = `scaleX(${share})`;
}

function drawActs({ buttons, config, told, life, streaming }) {
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
}

function drawTimes({ small, config, told }) {
  const format = new Intl.NumberFormat(config.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const { cached, whole } = told.times ?? {};
  say(small, cached ? fill(config.words.times, { cached: format.format(1000 * cached), whole: format.format(1000 * whole), count: told.so_far.length }) : "");
}
