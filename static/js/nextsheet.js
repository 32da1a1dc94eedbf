// The columns of the next token as a table: the likeliest tokens and the drawn one, or those that begin with what is
// typed, and all others as one row. The topic "token" is told in nexttoken.js.

import { fill, make, mark, numbers, say } from "./panel.js";
import { shown } from "./headmaps.js";

export const SHEET_STYLE = `
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
  td small { color: var(--st-gray-text-color); margin-left: 6px; }
  tr.others td { color: var(--st-gray-text-color); }
  @media (max-width: 480px) { th.scaled, td.scaled, td .bar { display: none; } }
`;
const ROWS = 9; // and one for all others together
const COLUMNS = ["token", "logit", "scaled", "share", "kept"];

export function drawSheet(view, accept) {
  const { sheet, told, config } = view;
  if (!sheet.children.length) {
    const top = sheet.appendChild(make("thead")).appendChild(make("tr"));
    top.append(...COLUMNS.map((name) => make("th", name, { scope: "col" })));
    sheet.append(make("tbody"));
  }
  [...sheet.querySelectorAll("th")].forEach((cell, at) => say(cell, config.words[COLUMNS[at]]));
  const body = sheet.lastChild;
  const drawn = told.finished ? -1 : told.drawn;
  const rows = rowsOf(view, drawn);
  const others = told.count - rows.length;
  const count = rows.length + (others > 0 ? 1 : 0);
  while (body.children.length > count) body.lastChild.remove();
  while (body.children.length < count) body.append(openRow());
  rows.forEach((at, place) => fillRow(view, body.children[place], at, at === drawn, accept));
  if (others > 0) fillOthers(view, body.lastChild, rows, others);
}

// The columns that are shown: the likeliest and the drawn one, or those that begin with what is typed.
function rowsOf({ told, find }, drawn) {
  if (find.value) return told.found.slice(0, ROWS);
  const rows = [...Array(Math.min(ROWS, told.tokens.length)).keys()];
  return drawn < ROWS ? rows : [...rows.slice(0, ROWS - 1), drawn];
}

// All tokens that are not shown, as one: what is left of the probabilities.
function fillOthers({ told, config }, row, rows, others) {
  const percent = numbers(config.language, "percent");
  const left = (values) => Math.max(0, 1 - rows.reduce((sum, at) => sum + values[at], 0));
  const [name, logit, scaled, share, kept] = row.children;
  name.firstChild.hidden = true;
  say(name.lastChild, fill(config.words.others, { n: numbers(config.language, "count")(others) }));
  say(logit, "");
  say(scaled, "");
  fillBar(share, left(told.arrays.probabilities), percent);
  fillBar(kept, left(told.arrays.kept), percent);
  mark(row, "class", "others");
}

function openRow() {
  const row = make("tr");
  for (const name of COLUMNS) {
    const cell = row.appendChild(make("td", name === "token" ? name : `${name} mono`));
    if (name === "token") cell.append(make("button", "", { type: "button" }), make("small"));
    if (name === "share" || name === "kept") {
      cell.append(make("span"), make("span", "bar"));
      cell.lastChild.append(make("i"));
    }
  }
  return row;
}

function fillRow(view, row, at, drawn, accept) {
  const { told, config } = view;
  const format = new Intl.NumberFormat(config.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = numbers(config.language, "percent");
  const write = (value) => format.format(value).replace("-", "−");
  const [name, logit, scaled, share, left] = row.children;
  const { logits, scaled: divided, probabilities, kept: drawnFrom } = told.arrays;
  name.firstChild.hidden = false;
  say(name.firstChild, shown(told.tokens[at]));
  say(name.lastChild, told.ranks[at] < ROWS ? "" : `${told.ranks[at] + 1}.`);
  name.firstChild.onclick = () => accept(told.ids[at]);
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
