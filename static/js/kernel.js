// A kernel of one's own: its numbers are typed, or painted with a brush of +1, 0 or −1.

const version = new URL(import.meta.url).search;
const { component, fill, make, mark, say } = await import(`./panel.js${version}`);
const { css, table, textOn } = await import(`./colors.js${version}`);
const { encode } = await import(`./sheet.js${version}`);
const { line } = await import(`./sending.js${version}`);

const STYLE = `
  .head { gap: 8px; margin-bottom: 4px; }
  .brushes { display: flex; gap: 3px; margin-left: auto; }
  .brushes button { min-width: 30px; }
  .cells { display: grid; gap: 2px; width: max-content; touch-action: none; }
  .cells input { width: var(--wide); height: 30px; border: 1px solid var(--st-border-color); border-radius: 4px; text-align: center; padding: 0;
    font: 12px/1 var(--st-code-font); }
  .cells input.wrong { outline: 2px solid var(--st-orange-color); }
  .cells.painting input { cursor: crosshair; user-select: none; }
  .sum { font-size: 12px; color: var(--st-gray-text-color); margin-top: 4px; min-height: 18px; }
`;
const BRUSHES = [1, 0, -1];

export default component(STYLE, (stage) => {
  const view = { stage, values: [], seq: 0, brush: null, down: false, line: line() };
  const head = make("div", "head");
  view.title = head.appendChild(make("span", "title"));
  const brushes = head.appendChild(make("div", "brushes", { attributes: { role: "group" } }));
  view.brushes = BRUSHES.map((value) => brushes.appendChild(make("button", "quiet mono", { type: "button", text: value > 0 ? `+${value}` : `${value}`.replace("-", "\u2212"),
    onclick: () => { view.brush = view.brush === value ? null : value; draw(view); } })));
  view.cells = make("div", "cells");
  view.cells.onpointerdown = (event) => paint(view, event, true);
  view.cells.onpointermove = (event) => paint(view, event, false);
  globalThis.addEventListener("pointerup", lift);
  stage.onEnd(() => { globalThis.removeEventListener("pointerup", lift); view.line.end(); });
  function lift() { view.down = false; }
  view.sum = make("div", "sum");
  stage.box.replaceChildren(head, view.cells, view.sum);
  return {
    update({ meta }, { data, setStateValue }) {
      view.line.connect((values) => setStateValue("kernel", values));
      if (data === view.shown) return;
      view.shown = data;
      view.config = meta;
      if (meta.seq >= view.seq) [view.values, view.seq] = [[...meta.values], meta.seq];
      view.line.answered(view.sent?.seq === meta.seq ? view.sent : null);
    },
    draw: () => view.config && draw(view),
  };
});

function draw(view) {
  const { values, cells, config: { words, language }, stage: { theme } } = view;
  const side = Math.sqrt(values.length);
  cells.style.gridTemplateColumns = `repeat(${side}, var(--wide))`;
  cells.style.setProperty("--wide", side > 5 ? "42px" : "54px");
  cells.classList.toggle("painting", view.brush !== null);
  while (cells.children.length > values.length) cells.lastChild.remove();
  while (cells.children.length < values.length) cells.append(openCell(view, cells.children.length));
  const bytes = encode(values, Math.max(...values.map(Math.abs)) || 1);
  const colours = table("diverging", theme);
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: 4 });
  [...cells.children].forEach((cell, at) => {
    const pixel = colours[bytes[at]];
    const colour = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    Object.assign(cell.style, { background: css(colour), color: textOn(colour, theme) });
    if (cell.getRootNode().activeElement !== cell) cell.value = format.format(values[at]).replace("-", "\u2212");
    mark(cell, "aria-label", fill(words.weight, { row: Math.floor(at / side), column: at % side }));
  });
  say(view.title, words.title);
  say(view.sum, fill(words.sum, { sum: format.format(values.reduce((sum, one) => sum + one, 0)).replace("-", "\u2212") }));
  view.brushes.forEach((button, at) => { mark(button, "aria-pressed", view.brush === BRUSHES[at]); button.title = words.brush; });
}

function openCell(view, at) {
  const cell = make("input", "", { inputMode: "decimal", spellcheck: false });
  cell.oninput = () => {
    const value = read(cell.value);
    cell.classList.toggle("wrong", value === null);
    cell.title = value === null ? view.config.words.wrong : "";
    if (value !== null) set(view, at, value);
  };
  cell.onblur = () => { cell.classList.remove("wrong"); cell.title = ""; draw(view); };
  cell.onkeydown = (event) => {
    event.stopPropagation();
    const side = Math.sqrt(view.values.length);
    const way = { ArrowUp: -side, ArrowDown: side, Enter: 1 }[event.key];
    const next = view.cells.children[at + way];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select();
  };
  return cell;
}

// A number as it is typed in either language; null for anything else.
function read(text) {
  const value = Number(text.trim().replace("\u2212", "-").replace(",", "."));
  return text.trim() === "" || !Number.isFinite(value) || Math.abs(value) > 99 ? null : value;
}

function paint(view, event, begins) {
  if (view.brush === null || (!begins && !view.down)) return;
  const root = view.cells.getRootNode();
  const at = [...view.cells.children].indexOf(root.elementFromPoint(event.clientX, event.clientY));
  if (begins) {
    view.down = true;
    event.preventDefault();
  }
  if (at >= 0 && view.values[at] !== view.brush) set(view, at, view.brush);
}

function set(view, at, value) {
  view.values[at] = value;
  view.seq = Math.max(Date.now(), view.seq + 1);
  view.sent = { seq: view.seq, values: [...view.values] };
  view.line.send(view.sent);
  draw(view);
}
