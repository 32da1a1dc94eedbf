// Which cell learns a memory task at which delay: shares of right answers, filled in as they are measured.

import { component, fill, make, mark, numbers, say } from "./panel.js";
import { css, mix, parse, textOn } from "./colors.js";

const STYLE = `
  .sheet { overflow-x: auto; margin-top: 4px; }
  table { border-collapse: separate; border-spacing: 3px; font-size: 13px; }
  th { font-weight: 400; color: var(--st-gray-text-color); padding: 0 8px 0 0; text-align: left; white-space: nowrap; }
  thead th { text-align: center; padding: 0; font-size: 12px; }
  td { min-width: 68px; height: 34px; text-align: center; border-radius: 5px; font-family: var(--st-code-font); font-variant-numeric: tabular-nums; line-height: 15px; }
  td small { display: block; font: 10.5px/13px var(--st-font); opacity: .85; }
`;

export default component(STYLE, (stage) => {
  const sheet = make("div", "sheet");
  stage.box.replaceChildren(sheet);
  let [shown, meta] = [null, null];

  function draw() {
    if (meta) show(sheet, meta, stage.theme);
  }

  return {
    update(tick, { data }) {
      if (data === shown || !tick.meta.cells) return;
      [shown, meta] = [data, { ...tick.meta, arrays: tick.arrays }];
    },
    draw,
  };
});

function show(sheet, meta, theme) {
  const { cells, delays, words, label } = meta;
  const key = JSON.stringify([cells, delays, words]);
  if (sheet.dataset.key !== key) {
    sheet.dataset.key = key;
    sheet.replaceChildren(build(cells, delays, words, label));
  }
  const rows = sheet.querySelectorAll("tbody tr");
  cells.forEach((_, row) => delays.forEach((_delay, column) => paint(rows[row].children[column + 1], row, column, meta, theme)));
}

function build(cells, delays, words, label) {
  const table = make("table", "", { attributes: { "aria-label": label } });
  const names = table.appendChild(make("thead")).appendChild(make("tr"));
  names.append(make("td"), ...delays.map((n) => make("th", "", { scope: "col", text: fill(words.delay, { n }) })));
  const body = table.appendChild(make("tbody"));
  for (const { title } of cells) {
    const line = body.appendChild(make("tr"));
    line.append(make("th", "", { scope: "row", text: title }), ...delays.map(() => make("td")));
  }
  return table;
}

function paint(place, row, column, { arrays, delays, words, language }, theme) {
  const at = row * delays.length + column;
  const share = arrays.accuracy[at];
  const tried = Number.isFinite(share);
  const solved = tried && arrays.solved[at];
  const ground = !tried ? parse(theme.neutral) : mix(parse(theme.background), parse(solved ? theme.blue : theme.orange), solved ? 0.85 : 0.12 + 0.4 * (1 - share));
  place.style.background = css(ground);
  place.style.color = textOn(ground, theme);
  const text = tried ? numbers(language, "percent")(share) : "";
  const key = text + solved;
  if (place.dataset.key !== key) {
    place.dataset.key = key;
    place.replaceChildren(text, make("small", "", { text: tried ? (solved ? words.solved : words.unsolved) : words.untried }));
  }
  mark(place, "title", tried ? fill(words.steps, { n: numbers(language, "count")(arrays.steps[at]) }) : "");
}
