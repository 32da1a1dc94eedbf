// Maps of several methods for one picture, large, or for several pictures as a table (pages/ui/maps.py).

const version = new URL(import.meta.url).search;
const { component, fill, make, mark, say } = await import(`./panel.js${version}`);
const { openPending } = await import(`./pending.js${version}`);
const { drawMap, drawPicture, openLegend, LEGEND_STYLE } = await import(`./mapcell.js${version}`);

const MOST_SAMPLES = 400;
const painted = (globalThis.__derin_maps = []); // what was shown when: {at, missing maps of the first picture, ink}

const STYLE = `
  .panel { container-type: inline-size; display: grid; gap: 8px; }
  .progress { height: 2px; border-radius: 1px; overflow: hidden; }
  .progress i { display: block; height: 100%; background: var(--st-primary-color); transform-origin: left;
    transform: scaleX(0); }
  .progress.busy { background: var(--st-border-color); }
  .sheet { display: grid; gap: 10px; min-width: 0; }
  .one { grid-template-columns: repeat(9, minmax(0, 1fr)); max-width: 1180px; }
  .many { overflow-x: auto; gap: 5px; padding: 0 2px 4px; grid-template-columns: 116px repeat(var(--count), minmax(44px, 72px));
    justify-content: start; align-items: start; }
  .subject { min-width: 0; }
  .one .subject { grid-column: span 2; grid-row: span 2; }
  canvas { width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 5px; display: block; }
  .sheet .title { display: block; margin-top: 5px; font-size: 12px; line-height: 16px; color: var(--st-gray-text-color); font-weight: 400; white-space: normal; }
  .read { display: block; font-size: 13px; line-height: 17px; font-weight: 600; }
  .wrong .read { color: var(--st-orange-text-color); }
  .cell { padding: 0; border: 0; background: none; margin: 0; color: inherit; font: inherit; text-align: left; cursor: pointer;
    min-width: 0; border-radius: 5px; display: block; width: 100%; align-self: start; }
  .frame { display: block; position: relative; border-radius: 5px; }
  .cell[aria-pressed=true] .frame { box-shadow: 0 0 0 2px var(--st-text-color); }
  .cell:focus-visible { outline-offset: 3px; }
  .zero { position: absolute; inset: 0; display: grid; place-items: center; text-align: center; font-size: 11px; line-height: 13px;
    color: var(--st-text-color); opacity: .7; padding: 4px; }
  .pending canvas { opacity: .3; }
  .refused .frame { background: repeating-linear-gradient(135deg, var(--st-gray-background-color) 0 5px, transparent 5px 10px);
    box-shadow: inset 0 0 0 1px var(--st-border-color); }
  .refused canvas { visibility: hidden; }
  .refused .zero { background: radial-gradient(var(--st-background-color) 40%, transparent 75%); }
  .refused .name { color: var(--st-gray-text-color); }
  .name { display: block; margin-top: 4px; font-size: 12px; line-height: 15px; overflow-wrap: break-word; hyphens: auto; }
  .cell[aria-pressed=true] .name { font-weight: 600; }
  .one .name { min-height: 30px; }
  .time { display: block; font-size: 11px; line-height: 14px; height: 14px; color: var(--st-gray-text-color); }
  .many .column { font-size: 11px; line-height: 13px; align-self: end; overflow-wrap: anywhere; }
  .many .subject { display: grid; grid-template-columns: 44px 1fr; gap: 7px; align-items: center; position: sticky; left: 0;
    background: var(--st-background-color); z-index: 1; }
  .many .title { margin: 0; line-height: 14px; font-size: 11px; }
  .many .read { font-size: 12px; line-height: 14px; }
  .wait { color: var(--st-gray-text-color); padding: 12px 0; }
  @container (max-width: 759px) { .one { grid-template-columns: repeat(5, minmax(0, 1fr)); } .many .subject { grid-template-columns: 44px; } .many .subject .text { display: none; }
    .dense .column { writing-mode: vertical-rl; transform: rotate(180deg); justify-self: center; overflow-wrap: normal; }
    .many { grid-template-columns: 50px repeat(var(--count), minmax(44px, 72px)); } }
  @container (max-width: 479px) { .one { grid-template-columns: repeat(3, minmax(0, 1fr)); }
    .one .subject { grid-column: span 3; grid-row: auto; display: grid; grid-template-columns: 1fr 2fr; gap: 10px; align-items: center; } }
  ${LEGEND_STYLE}
`;

export default component(STYLE, (stage) => {
  const progress = make("div", "progress", { attributes: { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 } });
  const bar = progress.appendChild(make("i"));
  const sheet = make("div", "sheet", { attributes: { role: "group" } });
  const wait = make("div", "wait", { hidden: true, attributes: { role: "status" } });
  const legend = openLegend();
  const head = make("div", "head", { hidden: true });
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  stage.box.replaceChildren(head, progress, wait, sheet, legend.box);
  const view = { stage, sheet, legend, tick: null, built: "", subjects: [], cells: [], picked: null, asked: null };
  const again = openPending(stage);

  function draw() {
    if (!view.tick?.meta.methods) return;
    build(view);
    paint(view);
  }

  return {
    update(tick, { setStateValue }) {
      const { meta } = tick;
      view.send = (picked) => setStateValue("picked", picked);
      again(meta, setStateValue);
      head.hidden = !meta.title;
      say(title, meta.title ?? "");
      say(note, meta.note ?? "");
      wait.hidden = !meta.waiting;
      say(wait, meta.waiting ?? "");
      progress.classList.toggle("busy", meta.pending === true);
      bar.style.transform = `scaleX(${meta.pending ? meta.progress ?? 0 : 0})`;
      mark(progress, "aria-valuenow", Math.round(100 * (meta.pending ? meta.progress ?? 0 : 1)));
      if (!meta.methods) return;
      mark(progress, "aria-label", meta.words.working);
      view.tick = tick;
      adopt(view, meta);
      requestAnimationFrame(() => remember(tick));
    },
    draw,
  };
});

function remember({ meta, arrays }) {
  const [, height, width, colours = 1] = arrays.pictures.shape;
  const ink = arrays.pictures.subarray(0, height * width * colours).reduce((sum, byte, at) => (sum + byte * (at + 1)) % 999983, 0);
  painted.push({ at: performance.now(), missing: meta.cells.filter(([first]) => first === -1).length, ink });
  if (painted.length > MOST_SAMPLES) painted.shift();
}

// Which map is picked is the browser's own until Python has heard of it.
function adopt(view, { picked, column }) {
  const told = `${picked} ${column}`;
  if (view.asked !== null && view.asked !== told) return;
  view.asked = null;
  view.picked = { method: picked, column };
}

function build(view) {
  const { meta } = view.tick;
  const form = JSON.stringify([meta.methods.map(({ name, label }) => [name, label]), meta.columns.length, meta.language]);
  if (form === view.built) return;
  view.built = form;
  const single = meta.columns.length === 1;
  mark(view.sheet, "class", `sheet ${single ? "one" : meta.methods.length > 4 ? "many dense" : "many"}`);
  mark(view.sheet, "aria-label", meta.words.group);
  view.sheet.style.setProperty("--count", meta.methods.length);
  view.subjects = meta.columns.map(() => openSubject());
  view.cells = meta.methods.map((method, row) => meta.columns.map((_, column) => openCell(view, method, row, column, single)));
  const head = single ? [] : [make("span"), ...meta.methods.map(({ label, hint }) => make("span", "column", { text: breakable(label), title: hint }))];
  view.sheet.replaceChildren(...head, ...meta.columns.flatMap((_, column) =>
    [view.subjects[column].node, ...view.cells.map((row) => row[column].node)]));
}

// SmoothGrad may be broken between its two words.
function breakable(label) {
  return label.replace(/(\p{Ll})(\p{Lu})/gu, "$1\u00AD$2");
}

function openSubject() {
  const node = make("div", "subject", { attributes: { role: "img" } });
  const canvas = node.appendChild(make("canvas"));
  const text = node.appendChild(make("span", "text"));
  const read = text.appendChild(make("span", "read"));
  return { node, canvas, read, title: text.appendChild(make("span", "title")) };
}

function openCell(view, method, row, column, single) {
  const node = make("button", "cell", { type: "button" });
  const frame = node.appendChild(make("span", "frame"));
  const canvas = frame.appendChild(make("canvas"));
  const cell = { node, canvas, zero: frame.appendChild(make("span", "zero", { hidden: true })) };
  if (single) {
    node.append(make("span", "name", { text: method.label }));
    cell.time = node.appendChild(make("span", "time mono"));
  }
  node.onclick = () => pick(view, row, column);
  node.onkeydown = (event) => move(event, view, row, column);
  return cell;
}

function pick(view, row, column) {
  const { methods } = view.tick.meta;
  view.picked = { method: methods[row].name, column };
  view.asked = `${methods[row].name} ${column}`;
  paint(view);
  view.send(view.picked);
}

function move(event, view, row, column) {
  const lone = view.tick.meta.columns.length === 1;
  const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
  const down = { ArrowUp: -1, ArrowDown: 1 }[event.key] ?? 0;
  if (!across && !down) return;
  const next = lone ? view.cells[row + across + down * rowLength(view)]?.[0] : view.cells[row + across]?.[column + down];
  if (!next) return;
  event.preventDefault();
  event.stopPropagation();
  next.node.focus();
}

function rowLength(view) {
  const top = view.cells[0][0].node.offsetTop;
  return view.cells.filter(([{ node }]) => node.offsetTop === top).length;
}

function paint(view) {
  const { tick, stage, picked } = view;
  const { meta, arrays } = tick;
  view.subjects.forEach((subject, column) => paintSubject(subject, meta.columns[column], arrays.pictures, column));
  const rows = meta.methods.map(({ name }) => name);
  view.cells.forEach((row, at) => row.forEach((cell, column) => paintCell(cell, at, column, view)));
  const chosen = view.cells[rows.indexOf(picked.method)]?.[picked.column];
  view.cells.flat().forEach(({ node }) => { node.tabIndex = node === (chosen ?? view.cells[0][0]).node ? 0 : -1; });
  const limit = meta.limits[meta.cells[rows.indexOf(picked.method)]?.[picked.column]];
  view.legend.show({ meta, limit, theme: stage.theme, name: meta.columns[picked.column]?.about ?? "" });
}

function paintSubject({ node, canvas, read, title }, told, pictures, column) {
  drawPicture(canvas, pictures, column);
  say(title, told.title);
  say(read, told.read);
  node.classList.toggle("wrong", told.wrong === true);
  mark(node, "aria-label", [told.title, told.read].filter(Boolean).join(", "));
}

function paintCell({ node, canvas, time, zero }, row, column, { tick, stage, picked }) {
  const { meta, arrays } = tick;
  const [method, place] = [meta.methods[row], meta.cells[row][column]];
  node.classList.toggle("pending", place === -1);
  node.classList.toggle("refused", place === -2);
  if (place >= 0) drawMap(canvas, arrays.maps, place, meta.scale, stage.theme);
  zero.hidden = place !== -2 && meta.limits[place] !== 0;
  const roomy = time !== undefined;
  say(zero, place === -2 ? (roomy ? meta.words.misfit : "\u2013") : roomy ? meta.words.zero : "0");
  if (time) say(time, place === -2 ? "" : method.time);
  node.title = place === -2 ? method.refused : method.hint;
  mark(node, "aria-pressed", picked.method === method.name && picked.column === column);
  const name = fill(meta.words.map, { method: method.label, picture: meta.columns[column].title });
  mark(node, "aria-label", place === -2 ? `${name}: ${method.refused}` : name);
}
