// What is read on a pad: the sentence with the class, a bar for each class, and a remark on what these cannot say.

import { fill, make, mark, numbers, say } from "./panel.js";

const FEW = 15; // classes, up to which a row has its full height
const MOST = 30; // classes, up to which each has a row; of more the likeliest are shown, in their order
const RANKS = 10;
const QUIET = 700; // milliseconds of rest before a reading is spoken

export const READING_STYLE = `
  .reading .head { min-height: 22px; }
  .sentence { font-weight: 600; font-size: 14px; white-space: nowrap; flex: none; }
  .sentence.idle { font-weight: 400; color: var(--st-gray-text-color); }
  .reading .note { margin-left: auto; }
  .bars { display: grid; margin-top: 4px; }
  .bars .row { display: grid; grid-template-columns: minmax(1.5ch, var(--label, 1.5ch)) 1fr 6.5ch; gap: 8px;
    align-items: center; height: 18px; font-size: 12.5px; line-height: 18px; color: var(--st-gray-text-color); }
  .bars.dense .row { height: 12px; font-size: 10px; line-height: 12px; }
  .bars.dense .track { height: 8px; border-left: 0; }
  .bars .row.top { color: var(--st-text-color); }
  .bars .name { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; text-align: right; }
  .bars .share { text-align: right; white-space: nowrap; }
  .track { height: 13px; border-radius: 3px; background: var(--st-gray-background-color); overflow: hidden;
    border-left: 1px solid var(--st-gray-color); }
  .fill { height: 100%; background: var(--st-gray-color); transform-origin: left; transform: scaleX(0);
    border-radius: 0 3px 3px 0; opacity: .55; }
  .remark { margin: 4px 0 0; height: 16px; font-size: 12px; line-height: 16px; color: var(--st-gray-text-color);
    white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .remark.loud { color: var(--st-orange-text-color); }
  .top .fill { background: var(--st-primary-color); opacity: 1; }
`;

export function openReading() {
  const box = make("section", "reading");
  const head = box.appendChild(make("div", "head"));
  const sentence = head.appendChild(make("span", "sentence idle"));
  const [before, prediction, after] = ["before", "prediction", "after"].map((name) => sentence.appendChild(make("span", name)));
  const note = head.appendChild(make("span", "note mono"));
  const bars = box.appendChild(make("div", "bars", { attributes: { role: "group" } }));
  const remark = box.appendChild(make("p", "remark"));
  const spoken = box.appendChild(make("div", "hidden", { attributes: { "aria-live": "polite", role: "status" } }));
  return { box, sentence, before, prediction, after, note, bars, remark, spoken, rows: [], config: null, timer: 0 };
}

export function configureReading(view, config) {
  const known = JSON.stringify([config.classes, config.language]);
  view.config = config;
  view.prediction.className = `prediction ${config.prediction_class}`;
  mark(view.bars, "aria-label", config.words.probabilities);
  if (view.known === known) return;
  view.known = known;
  view.format = numbers(config.language, "percent");
  const count = config.classes.length;
  view.ranked = count > MOST;
  view.rows = view.ranked ? Array.from({ length: RANKS }, () => openRow("")) : config.classes.map(openRow);
  view.bars.classList.toggle("dense", count > FEW && !view.ranked);
  const longest = Math.max(...config.classes.map((name) => name.length));
  view.bars.style.setProperty("--label", `${Math.min(longest * 0.62 + 0.5, view.ranked ? 12 : 7)}em`);
  view.bars.replaceChildren(...view.rows.map(({ row }) => row));
}

function openRow(name) { // of a class, or of a rank, whose name comes with the reading
  const row = make("div", "row", { attributes: { role: "meter", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": name } });
  const label = row.appendChild(make("span", "name mono", { text: name, title: name }));
  const bar = row.appendChild(make("div", "track")).appendChild(make("div", "fill"));
  return { row, label, bar, share: row.appendChild(make("span", "share mono")) };
}

// Show class probabilities (with top, note, remark); without them the bars are empty and `idle` stands in the place of the sentence.
export function showReading(view, reading, idle) {
  const { config, rows, format } = view;
  const top = reading ? (reading.top ?? argmax(reading.probabilities)) : -1;
  const order = view.ranked && reading ? rank(reading.probabilities) : null;
  rows.forEach(({ row, label, bar, share }, place) => {
    const index = order ? order[place] : place;
    const value = reading?.probabilities[index] ?? 0;
    if (view.ranked) nameRow(row, label, reading ? config.classes[index] : "");
    row.classList.toggle("top", Boolean(reading) && index === top);
    bar.style.transform = `scaleX(${value.toFixed(4)})`;
    say(share, reading ? format(value) : "");
    mark(row, "aria-valuenow", (100 * value).toFixed(1));
    mark(row, "aria-valuetext", format(value));
  });
  const [before, after] = reading ? config.sentences[top].split("{name}") : [idle, ""];
  view.sentence.classList.toggle("idle", !reading);
  say(view.before, before);
  say(view.prediction, reading ? config.classes[top] : "");
  say(view.after, after ?? "");
  say(view.note, reading?.note ?? "");
  showRemark(view.remark, reading?.remark);
  speak(view, reading && fill(config.sentences[top], { name: config.classes[top] }) + `, ${format(reading.probabilities[top])}` +
    (reading.remark?.loud ? `. ${reading.remark.text}` : ""));
}

// What the bars cannot say (pages/ui/remarks.py); its place is kept where there is none.
function showRemark(node, remark) {
  say(node, remark?.text ?? "");
  node.title = remark?.title ?? "";
  node.classList.toggle("loud", Boolean(remark?.loud));
}

function speak(view, text) {
  if (view.saying === text) return;
  view.saying = text;
  clearTimeout(view.timer);
  view.timer = setTimeout(() => say(view.spoken, text || ""), QUIET);
}

function rank(values) {
  return [...values.keys()].sort((a, b) => values[b] - values[a]);
}

function nameRow(row, label, name) {
  say(label, name);
  label.title = name;
  mark(row, "aria-label", name);
}

function argmax(values) {
  return values.reduce((best, value, index) => (value > values[best] ? index : best), 0);
}
