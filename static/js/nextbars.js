// What each cell expects behind the step one points at: its likeliest symbols, the true one marked.

import { component, fill, make, mark, numbers, say } from "./panel.js";
import { publishTopics } from "./tick.js";
import { here, stepOf } from "./pointing.js";

const STYLE = `
  .cells { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 4px 14px; margin-top: 2px; }
  .name { font-size: 12px; color: var(--st-gray-text-color); display: flex; align-items: center; gap: 5px; }
  .name i { width: 9px; height: 9px; border-radius: 2px; }
  .row { display: grid; grid-template-columns: 20px minmax(10px, 1fr) 6ch; gap: 6px; align-items: center; height: 19px; font-size: 12px; }
  .row .symbol { text-align: center; border-radius: 4px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .row .share { text-align: right; color: var(--st-gray-text-color); }
  .words .row { grid-template-columns: minmax(0, 1fr) 6.5ch; gap: 4px; }
  .words .symbol, .words .track { grid-area: 1 / 1; }
  .words .symbol { text-align: left; padding: 0 4px; position: relative; z-index: 1; }
  .words .track { height: 17px; }
  .words .track i { opacity: .4; }
  .row.number { grid-template-columns: 1fr; }
  .row.number .symbol { text-align: left; font-size: 14px; }
  .row.true .symbol { box-shadow: inset 0 0 0 1.5px var(--st-text-color); font-weight: 700; }
  .track { height: 9px; border-radius: 3px; background: var(--st-gray-background-color); overflow: hidden; }
  .track i { display: block; height: 100%; transform-origin: left; }
  .cells > div { max-width: 440px; }
`;

const WORDS = 4; // of a cell that are shown: they need more room than letters

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const cells = make("div", "cells");
  stage.box.replaceChildren(head, cells);
  const view = { stage, title, note, cells, told: null, config: null };

  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      stage.hear(tick.meta.channel, tick.meta.topic, (told) => { view.told = told; draw(view); });
      stage.hear(tick.meta.channel, "at", () => draw(view));
      publishTopics(tick.meta.channel, tick);
      draw(view);
    },
    draw: () => draw(view),
  };
});

function draw(view) {
  const { told, config, cells } = view;
  if (!told?.expected) return;
  const place = here(config.channel);
  const step = stepOf(told.parts?.includes(place.cell ?? told.parts[0]) === false ? { step: null } : place, told.count);
  const truth = told.truth?.[step] ?? "";
  const before = told.inputs ? told.inputs.slice(Math.max(0, step - 7), step + 1).join(told.joint ?? "") : String(step);
  say(view.title, fill(told.inputs ? config.words.title : config.words.number, { text: before, step }));
  say(view.note, truth ? fill(config.words.truth, { symbol: truth }) : told.asked?.[step] === false ? config.words.unasked : "");
  const all = [...told.cells, ...(told.beside ?? [])];
  const words = all.some(({ name }) => told.expected[name][step].some(([symbol, share]) => share !== null && symbol.length > 1));
  cells.style.setProperty("--columns", words ? Math.min(all.length, 2) : all.length > 4 ? 3 : all.length);
  mark(cells, "class", words ? "cells words" : "cells");
  arrange(cells, all);
  const most = words ? WORDS : Infinity;
  all.forEach((cell, at) => show(cells.children[at], cell, told.expected[cell.name][step].slice(0, most), truth, view));
}

function arrange(place, cells) {
  while (place.children.length > cells.length) place.lastChild.remove();
  while (place.children.length < cells.length) {
    const node = make("div");
    const name = make("div", "name");
    name.append(make("i"), make("span"));
    node.append(name, make("div", "rows", { attributes: { role: "img" } }));
    place.append(node);
  }
}

function show(node, { name, title }, expected, truth, { stage, config, told }) {
  const [label, rows] = node.children;
  label.firstChild.style.background = stage.theme[name];
  say(label.lastChild, title);
  const percent = numbers(config.language, "percent");
  while (rows.children.length > expected.length) rows.lastChild.remove();
  while (rows.children.length < expected.length) rows.append(openRow());
  expected.forEach(([symbol, share], at) => {
    const [box, track, value] = rows.children[at].children;
    say(box, symbol === " " ? "␣" : symbol);
    track.hidden = share === null;
    track.firstChild.style.background = stage.theme[name];
    track.firstChild.style.transform = `scaleX(${share ?? 0})`;
    say(value, share === null ? "" : percent(share));
    mark(rows.children[at], "class", `row${symbol === truth ? " true" : ""}${share === null ? " number" : ""}`);
  });
  mark(rows, "aria-label", `${title}: ${expected.map(([symbol, share]) => (share === null ? symbol : `${symbol} ${percent(share)}`)).join(", ")}`);
}

function openRow() {
  const row = make("div", "row");
  const track = make("div", "track");
  track.append(make("i"));
  row.append(make("span", "symbol mono"), track, make("span", "share mono"));
  return row;
}
