// The equation of one unit of a cell at one step, filled with the numbers that it really had there.

import { component, make, mark, say } from "./panel.js";
import { fillNumbers, typeset, writer } from "./formula.js";

const STYLE = `
  .sheet { overflow-x: auto; margin-top: 4px; }
  table { border-collapse: collapse; font-size: 12.5px; width: 100%; }
  th { font-weight: 400; color: var(--st-gray-text-color); text-align: right; padding: 0 8px 2px 0; white-space: nowrap; font-size: 11.5px; }
  td { padding: 1px 8px 1px 0; text-align: right; white-space: nowrap; font-family: var(--st-code-font); font-variant-numeric: tabular-nums; border-top: 1px solid var(--st-border-color); height: 22px; }
  th:first-child, td:first-child { text-align: left; }
  td:first-child b { font-weight: 600; margin-right: 6px; }
  td:first-child span { font-family: var(--st-font); color: var(--st-gray-text-color); }
  td.value { font-weight: 600; }
  td.value i { display: inline-block; width: 34px; height: 8px; border-radius: 2px; margin-left: 6px; background: var(--st-gray-background-color); position: relative; overflow: hidden; }
  td.value i u { position: absolute; top: 0; bottom: 0; }
  .line { font-family: var(--st-code-font); font-size: 12.5px; line-height: 20px; white-space: nowrap; }
  .line sub, th sub { line-height: 0; }
  .line b { font-weight: 600; }
  @media (max-width: 480px) { td:first-child span, td.value i { display: none; } th, td { padding-right: 4px; } .line { white-space: normal; } }
`;

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const sheet = make("div", "sheet", { tabIndex: 0, attributes: { role: "group" } });
  stage.box.replaceChildren(head, sheet);
  const view = { stage, title, note, sheet, told: null, config: null };
  return {
    update(tick, { data }) {
      if (data === view.seen || !tick.meta.channel) return;
      view.seen = data;
      view.config = tick.meta;
      stage.hear(tick.meta.channel, "equation", (told) => { view.told = told; draw(view); });
      draw(view);
    },
    draw: () => draw(view),
  };
});

function draw({ stage, title, note, sheet, told, config }) {
  if (!config) return;
  say(title, told?.title ?? config.title);
  say(note, told?.note ?? config.words.none);
  mark(sheet, "aria-label", told?.title ?? config.title);
  if (!told?.rows) return;
  const write = writer(config.language, 3);
  const shape = told.shape;
  if (sheet.dataset.shape !== shape) {
    sheet.dataset.shape = shape;
    sheet.replaceChildren(openTable(told), ...told.lines.map(() => make("div", "line")));
  }
  told.rows.forEach((row, at) => fillRow(sheet.querySelectorAll("tbody tr")[at], row, write, stage.theme));
  told.lines.forEach(({ formula, numbers, values, value }, at) => {
    const node = sheet.querySelectorAll(".line")[at];
    typeset(node, `${formula} = ${fillNumbers(numbers, values, write)} = ${write(value)}`);
  });
}

function openTable({ columns, rows }) {
  const table = make("table");
  const names = table.appendChild(make("thead")).appendChild(make("tr"));
  columns.forEach((name) => names.append(typeset(make("th", "", { scope: "col" }), name)));
  const body = table.appendChild(make("tbody"));
  for (const { symbol, name } of rows) {
    const line = body.appendChild(make("tr"));
    const first = line.appendChild(make("td"));
    first.append(typeset(make("b"), symbol), make("span", "", { text: name }));
    for (let at = 1; at < columns.length; at++) line.append(make("td", at === columns.length - 1 ? "value" : ""));
    const chip = line.lastChild.appendChild(make("i"));
    line.lastChild.prepend(make("span"));
    chip.append(make("u"));
  }
  return table;
}

function fillRow(line, { values, function: name, value, signed }, write, theme) {
  const cells = [...line.children].slice(1);
  values.forEach((one, at) => say(cells[at], write(one)));
  say(cells[values.length], name);
  const last = cells[values.length + 1];
  say(last.firstChild, write(value));
  const bar = last.lastChild.firstChild;
  const share = Math.min(Math.abs(value), 1);
  Object.assign(bar.style, signed
    ? { left: `${value < 0 ? 50 - 50 * share : 50}%`, width: `${50 * share}%`, background: value < 0 ? theme.orange : theme.blue }
    : { left: "0", width: `${100 * share}%`, background: theme.blue });
}
