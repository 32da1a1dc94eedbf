// Every layer of a network as a row: its name, size, parameters, what a unit of it sees, and its maps to click on.

const version = new URL(import.meta.url).search;
const { fill, make, mark, say } = await import(`./panel.js${version}`);
const { mapOf, outline, paintMap } = await import(`./sheet.js${version}`);

const { nameOf } = await import(`./figures.js${version}`);

const THUMB = 28;
const GAP = 4;

export const OVERVIEW_STYLE = `
  .overview { margin-top: 14px; border-top: 1px solid var(--st-border-color); display: grid; gap: 0 12px;
    grid-template-columns: repeat(5, auto) minmax(0, 1fr); }
  .overview .row { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; align-items: center; padding: 3px 0; border-bottom: 1px solid var(--st-border-color); min-height: 36px; }
  .overview .top { min-height: 22px; font-size: 11.5px; color: var(--st-gray-text-color); }
  .overview .row > span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
  .overview .name { font-weight: 600; }
  .overview .row.now .name { color: var(--st-blue-text-color); }
  .overview .kind, .overview .small { font-size: 12px; color: var(--st-gray-text-color); }
  .overview .mono { font-size: 11.5px; }
  .overview .strip { display: flex; align-items: flex-end; gap: 6px; min-width: 0; }
  .overview canvas { cursor: pointer; flex: 1 1 auto; min-width: 0; border-radius: 3px; }
  .overview .strip button { align-self: center; }
  @container (max-width: 759px) {
    .overview { grid-template-columns: max-content minmax(0, 1fr) max-content; }
    .overview .top { display: none; }
    .overview .row > .parameters, .overview .row > .sees { display: none; }
    .overview .strip { grid-column: 1 / -1; padding: 2px 0 4px; }
  }
`;

// `open(layer name, index)` is called for a map that is clicked or chosen with the keys.
export function openOverview(stage, open) {
  const box = make("section", "overview");
  const top = box.appendChild(make("div", "row top"));
  const heads = Array.from({ length: 6 }, () => top.appendChild(make("span")));
  heads[3].className = "parameters";
  heads[4].className = "sees";
  const view = { stage, box, heads, open, rows: [], built: "", unfolded: new Set(), scene: null };
  const watcher = new ResizeObserver(() => view.scene && paintRows(view));
  watcher.observe(box);
  stage.onEnd(() => watcher.disconnect());
  return view;
}

// Shows the rows; a stamp that only moves changes nothing here.
export function showOverview(view, scene) {
  view.scene = scene;
  const { layers, words } = scene;
  const shown = [layers, scene.sheet, words, scene.walk?.layer, scene.walk?.channel, [...scene.off].join(), view.stage.theme];
  if (view.shown?.every((part, at) => part === shown[at])) return;
  view.shown = shown;
  const built = layers.map(({ name }) => name).join();
  if (view.built !== built) build(view, layers, built);
  [words.layer, "", words.shape, words.parameters, words.field, words.maps].forEach((text, at) => say(view.heads[at], text));
  mark(view.box, "aria-label", words.layers);
  paintRows(view);
}

function build(view, layers, built) {
  view.built = built;
  view.rows.forEach(({ row }) => row.remove());
  view.rows = layers.map((layer) => {
    const row = view.box.appendChild(make("div", "row"));
    const [name, kind, size, parameters, sees] = ["name", "kind", "size mono", "parameters mono small", "sees mono small"].map((kind_) => row.appendChild(make("span", kind_)));
    const strip = row.appendChild(make("div", "strip"));
    const canvas = strip.appendChild(make("canvas", "", { tabIndex: 0, attributes: { role: "application" } }));
    const more = strip.appendChild(make("button", "quiet", { type: "button" }));
    const line = { row, name, kind, size, parameters, sees, strip, canvas, more, key: layer.name, at: 0 };
    canvas.onclick = (event) => pick(view, line, event);
    canvas.onkeydown = (event) => press(view, line, event);
    more.onclick = () => { view.unfolded[view.unfolded.has(line.key) ? "delete" : "add"](line.key); paintRows(view); };
    return line;
  });
}

function paintRows(view) {
  const { layers, walk, words } = view.scene;
  view.rows.forEach((line, at) => {
    const layer = layers[at];
    const now = walk?.layer === layer.name;
    mark(line.row, "class", now ? "row now" : "row");
    for (const [part, text] of Object.entries({ name: nameOf(layer, words), kind: layer.label, size: layer.size, parameters: layer.parameters, sees: layer.sees })) {
      say(line[part], text);
      line[part].title = text;
    }
  });
  const rooms = view.rows.map(({ strip }) => strip.clientWidth); // once all texts stand, for they share their columns
  view.rows.forEach((line, at) => paintStrip(view, line, layers[at], walk?.layer === layers[at].name ? walk.channel : null, rooms[at]));
}

// A layer of maps as thumbnails in one or, unfolded, more rows; a row of numbers as one strip.
function paintStrip(view, line, layer, chosen, space) {
  const { canvas, more } = line;
  const { sheet, words } = view.scene;
  const [maps, height, width] = layer.shape;
  const room = Math.max(space - 52, 60); // besides the button
  const flat = maps === 1 && layer.kind !== "input" && height < width;
  const tall = layer.kind === "input" ? 44 : THUMB;
  const wide = flat ? Math.min(room, Math.max(2 * THUMB, (width / height) * tall, height === 1 ? 16 * width : 0)) : tall;
  const across = Math.max(1, Math.floor((room + GAP) / (wide + GAP)));
  const shown = view.unfolded.has(line.key) ? maps : Math.min(maps, across);
  const down = Math.ceil(shown / across);
  line.plan = { wide, tall, across, shown };
  const painter = size(canvas, Math.min(shown, across) * (wide + GAP) - GAP + 4, down * (tall + GAP) - GAP + 4);
  for (let index = 0; index < shown; index++) {
    const spot = spotOf(line.plan, index);
    paintMap(painter, mapOf(sheet, layer, index), spot, view.stage.theme);
    if (view.scene.off.has(`${layer.name}.${index}`)) crossOut(painter, spot, view.stage.theme);
    if (index === chosen && layer.kind !== "linear") outline(painter, spot, view.stage.theme.ink, view.stage.theme.background, 1.5);
  }
  more.hidden = maps <= across;
  const folds = view.unfolded.has(line.key);
  say(more, folds ? "\u2212" : `+${maps - shown}`);
  more.title = folds ? words.less : fill(words.more, { n: maps - shown });
  mark(more, "aria-label", more.title);
  mark(canvas, "aria-label", `${layer.name}, ${layer.label}, ${layer.size}`);
}

function size(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px`, flex: "none" });
  const painter = canvas.getContext("2d");
  painter.setTransform(ratio, 0, 0, ratio, 0, 0);
  painter.clearRect(0, 0, width, height);
  return painter;
}

const spotOf = ({ wide, tall, across }, index) => [2 + (index % across) * (wide + GAP), 2 + Math.floor(index / across) * (tall + GAP), wide, tall];

function crossOut(painter, [x, y, wide, high], theme) {
  Object.assign(painter, { strokeStyle: theme.orange, lineWidth: 2 });
  painter.beginPath();
  painter.moveTo(x, y);
  painter.lineTo(x + wide, y + high);
  painter.stroke();
}

function pick(view, line, event) {
  const { wide, tall, across, shown } = line.plan;
  const [column, row] = [Math.floor((event.offsetX - 2) / (wide + GAP)), Math.floor((event.offsetY - 2) / (tall + GAP))];
  const index = row * across + column;
  if (column < across && index >= 0 && index < shown) choose(view, line, index, (event.offsetX - 2 - column * (wide + GAP)) / wide);
}

function choose(view, line, index, share = 0) {
  if (line.key === "input") return;
  line.at = index;
  const layer = view.scene.layers.find(({ name }) => name === line.key);
  const unit = layer.kind === "linear" && layer.shape[1] === 1 ? Math.min(Math.floor(share * layer.count), layer.count - 1) : index;
  view.open(line.key, unit);
}

function press(view, line, event) {
  const way = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  const enter = event.key === "Enter" || event.key === " ";
  if (!way && !enter) return;
  event.preventDefault();
  event.stopPropagation();
  choose(view, line, Math.min(Math.max(line.at + (way ?? 0), 0), line.plan.shown - 1));
}
