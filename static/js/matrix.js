// The confusion matrix: what is true by what was read; right ones blue by count, mistaken ones orange by share.

import { component, fill, make, mark, numbers, say } from "./panel.js";
import { css, mix, parse, textOn } from "./colors.js";

const FEW = 15; // classes, up to which a cell has room for its number

const STYLE = `
  .panel { container-type: inline-size; }
  .grid { display: grid; gap: 2px; margin-top: 4px; max-width: var(--widest); }
  .row { display: contents; }
  .row[hidden] { display: none; }
  .cell, .name { font-family: var(--st-code-font); font-size: 11px; line-height: var(--tall); height: var(--tall);
    text-align: center; font-variant-numeric: tabular-nums; min-width: 0; overflow: hidden; }
  .name { color: var(--st-gray-text-color); text-overflow: ellipsis; }
  .cell { border-radius: 3px; cursor: pointer; user-select: none; letter-spacing: -0.3px; position: relative; }
  .cell[aria-selected=true] { box-shadow: 0 0 0 2px var(--st-text-color); overflow: visible; z-index: 1; }
  .dense { gap: 1px; }
  .dense .cell, .dense .name { font-size: 9px; border-radius: 1px; letter-spacing: 0; }
  .dense .cell { color: transparent !important; }
  .dense [role=rowheader] { max-width: 74px; text-align: right; padding-right: 4px; white-space: nowrap; }
  @container (max-width: 270px) { .cell { font-size: 9px; letter-spacing: -0.6px; } }
  .cell:focus-visible { outline-offset: 1px; z-index: 2; }
`;

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const grid = make("div", "grid", { attributes: { role: "grid" } });
  stage.box.replaceChildren(head, grid);
  const view = { stage, note, grid, cells: [], names: [], config: null, told: null, chosen: null, pointed: null };

  function draw() {
    if (!view.told?.arrays.counts) return;
    arrange(view);
    paint(view);
    tell(view);
  }

  return {
    update({ meta }, { setStateValue }) {
      view.config = meta;
      view.send = (cell) => setStateValue("cell", cell);
      if (meta.cell !== undefined && !view.touched) view.chosen = meta.cell;
      if (meta.place) stage.box.style.minHeight = `${meta.place}px`;
      say(title, meta.title);
      mark(grid, "aria-label", meta.title);
      stage.hear(meta.channel, "matrix", (value) => { view.told = value; draw(); });
    },
    draw,
  };
});

function arrange(view) {
  const { grid, config, told } = view;
  const count = told.classes.length;
  const known = told.classes.join("|");
  if (view.known === known) return;
  view.known = known;
  const dense = count > FEW; // cells too small for numbers: the head's note says them
  grid.classList.toggle("dense", dense);
  grid.style.setProperty("--tall", `${dense ? Math.max(9, Math.round((config.tall * 18) / count)) : config.tall}px`);
  grid.style.setProperty("--widest", dense ? "440px" : `${count * 32 + 22}px`);
  grid.style.gridTemplateColumns = `minmax(14px, auto) repeat(${count}, minmax(0, 1fr))`;
  const top = make("div", "row", { attributes: { role: "row" } });
  top.append(make("span", "name"), ...told.classes.map((name) => title(name, "columnheader")));
  top.hidden = dense && told.classes.some((name) => name.length > 2);
  view.cells = told.classes.map((_, row) => told.classes.map((_, column) => openCell(view, row, column)));
  grid.replaceChildren(top, ...view.cells.map((cells, row) => openRow(told.classes[row], cells)));
}

function title(name, role) {
  return make("span", "name", { text: name, title: name, attributes: { role } });
}

function openRow(name, cells) {
  const row = make("div", "row", { attributes: { role: "row" } });
  row.append(title(name, "rowheader"), ...cells);
  return row;
}

function openCell(view, row, column) {
  const cell = make("div", "cell", { tabIndex: row + column ? -1 : 0, attributes: { role: "gridcell" } });
  cell.onclick = () => choose(view, row, column);
  cell.onpointerenter = cell.onfocus = () => point(view, [row, column]);
  cell.onpointerleave = cell.onblur = () => point(view, null);
  cell.onkeydown = (event) => press(event, view, row, column);
  return cell;
}

function press(event, view, row, column) {
  const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!way && event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  event.stopPropagation();
  if (!way) return choose(view, row, column);
  const next = view.cells[row + way[0]]?.[column + way[1]];
  if (!next) return;
  view.cells[row][column].tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

function choose(view, row, column) {
  const same = view.chosen?.[0] === row && view.chosen?.[1] === column;
  view.chosen = same ? null : [row, column];
  view.touched = true;
  paint(view);
  view.send(view.chosen);
}

function point(view, cell) {
  view.pointed = cell;
  tell(view);
}

// In the head's note: the pointed cell in words, else what to do here.
function tell(view) {
  const { note, config, told, pointed } = view;
  say(note, pointed ? sentence(config, told, ...pointed) : told.note ?? config.note);
}

function sentence({ words, language }, told, row, column) {
  const count = numbers(language, "count")(told.arrays.counts[row * told.classes.length + column]);
  return fill(row === column ? words.right : words.mistaken, { row: told.classes[row], column: told.classes[column], count });
}

function paint(view) {
  const { told, cells, stage, config, chosen } = view;
  const size = told.classes.length;
  const scale = weigh(told.arrays.counts, size);
  cells.forEach((row, r) => row.forEach((cell, c) => {
    const count = told.arrays.counts[r * size + c];
    const ground = colour(count, r, c, scale, stage.theme);
    const chosenHere = chosen?.[0] === r && chosen?.[1] === c;
    say(cell, count ? String(count) : "");
    cell.style.background = css(ground);
    cell.style.color = textOn(ground, stage.theme);
    mark(cell, "aria-selected", chosenHere);
    mark(cell, "aria-label", sentence(config, told, r, c));
  }));
}

function weigh(counts, size) {
  const sums = Array.from({ length: size }, (_, row) => counts.subarray(row * size, (row + 1) * size).reduce((a, b) => a + b, 0));
  let [right, wrong] = [1, 0.02];
  counts.forEach((count, at) => {
    const [row, column] = [Math.floor(at / size), at % size];
    if (row === column) right = Math.max(right, count);
    else if (sums[row]) wrong = Math.max(wrong, count / sums[row]);
  });
  return { sums, right, wrong };
}

function colour(count, row, column, { sums, right, wrong }, theme) {
  const background = parse(theme.background);
  if (!count) return parse(theme.neutral);
  if (row === column) return mix(background, parse(theme.blue), 0.15 + 0.85 * (count / right));
  return mix(background, parse(theme.orange), Math.min(0.1 + 0.85 * (count / sums[row] / wrong), 0.95));
}
