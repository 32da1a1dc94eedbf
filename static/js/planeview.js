// The plane: what the network (or the neuron that is pointed at) answers everywhere on it, and the points.

const version = new URL(import.meta.url).search;
const { fill, fit, make, mark, say } = await import(`./panel.js${version}`);
const { drawAxes, openFrame } = await import(`./axes.js${version}`);
const { table } = await import(`./colors.js${version}`);
const { answerPixels, byteAt, classColours, outputPixels, paintPoints, shareOf, signedOf, signedPixels, softTable, valueColour } = await import(`./surface.js${version}`);
const { followPlane } = await import(`./planehand.js${version}`);
const { openTools, showTools } = await import(`./planetools.js${version}`);

export const PLANE_STYLE = `
  .plane { min-width: 0; display: grid; grid-template-rows: 24px auto 26px 26px 24px; gap: 2px; align-content: start; }
  .plane .head { align-items: center; }
  .square { position: relative; aspect-ratio: 1; max-height: 352px; }
  .square canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
  .square canvas.hand { cursor: crosshair; border-radius: 4px; touch-action: pan-y; }
  .square canvas.hand.putting { touch-action: none; }
  .square .at { position: absolute; z-index: 2; pointer-events: none; white-space: nowrap; padding: 2px 7px; border-radius: 5px; font-size: 12px;
    background: var(--st-text-color); color: var(--st-background-color); }
  .scale { margin-left: auto; display: flex; align-items: center; gap: 6px; font-size: 11px; color: var(--st-gray-text-color); white-space: nowrap; flex: none; }
  .scale canvas { width: 64px; height: 8px; border-radius: 2px; }
`;
const MARGIN = { left: 26, right: 3, top: 3, bottom: 17 };

// `on` is told: wish(what, key), view(name, value).
export function openPlane(stage, on) {
  const node = make("div", "plane");
  const head = node.appendChild(make("div", "head"));
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const scale = head.appendChild(make("span", "scale mono"));
  const [low, bar, high] = [make("span"), make("canvas", "", { width: 64, height: 1 }), make("span")];
  scale.append(low, bar, high);
  const square = node.appendChild(make("div", "square"));
  const sheets = ["ground", "ink", "hand"].map((name) => square.appendChild(make("canvas", name, { attributes: { "aria-hidden": name !== "hand" } })));
  Object.assign(sheets[2], { tabIndex: 0 });
  mark(sheets[2], "role", "application");
  const at = square.appendChild(make("div", "at mono", { hidden: true }));
  const spoken = node.appendChild(make("span", "hidden", { attributes: { "aria-live": "polite" } }));
  const view = { stage, on, node, title, note, scale: { node: scale, low, bar, high }, at, spoken, papers: sheets.map((sheet) => fit(sheet, stage)),
    hand: sheets[2], source: Object.assign(document.createElement("canvas"), { width: 1, height: 1 }), config: null, told: null, place: null,
    state: { tool: null, tools: 2, edge: 6, keyAt: null }, hover: null, probe: null, pulled: [], waiting: [] };
  view.tools = openTools(view, on);
  node.append(...view.tools.rows);
  const hands = acts(view);
  Object.assign(view, { choose: hands.choose, read: (at) => readAt(view, at) });
  followPlane(view.hand, view.state, () => view.frame, hands);
  return view;
}

function acts(view) {
  return {
    hover(at) { view.hover = at; paintHand(view); },
    pick(at) { view.probe = at; drawTools(view); paintHand(view); },
    put(points, done) {
      view.pulled = done ? [] : points;
      if (done) view.waiting.push({ points, seq: view.on.wish({ do: "points", points: points.map(([x, y, label]) => [round(x), round(y), label]) }) });
      paintInk(view);
    },
    undo: () => view.on.wish({ do: "undo" }),
    clear: () => view.on.wish({ do: "clear" }),
    choose(tool) { view.state.tool = tool; drawTools(view); paintHand(view); },
  };
}

const round = (value) => Number(value.toFixed(2));

// What Python has seen is among its points now.
export function takePoints(view, config, arrays) {
  Object.assign(view, { config, points: arrays });
  view.waiting = view.waiting.filter(({ seq }) => seq > config.seq);
  Object.assign(view.state, { edge: config.edge, tools: config.labels_put.length });
  if (view.state.tool !== null && (config.locked_data || view.state.tool >= config.labels_put.length)) view.state.tool = null;
}

export function drawPlane(view) {
  if (!view.config) return;
  drawGround(view);
  paintInk(view);
  paintHand(view);
  drawTools(view);
}

// Only what a new moment of the network changes.
export function drawGround(view) {
  const { painter, width, height } = view.papers[0]();
  view.frame = openFrame({ width, height }, { left: -view.config.edge, right: view.config.edge, low: -view.config.edge, high: view.config.edge, margin: MARGIN });
  const { frame, source } = view;
  const picture = pixelsOf(view);
  if (picture) {
    const { pixels, side } = picture;
    if (source.width !== side) Object.assign(source, { width: side, height: side });
    source.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), side, side), 0, 0);
    painter.imageSmoothingEnabled = !(view.config.discrete && view.place === null);
    painter.drawImage(source, frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top);
  }
  writeHead(view);
  writeAt(view);
}

function drawTools(view) {
  showTools(view.tools, view);
}

// The picture that is on the plane: the network's answer, or that of the neuron, output or feature that is pointed at.
function pixelsOf(view) {
  const { config, told, place, stage: { theme } } = view;
  const map = mapOf(view);
  if (map) return { pixels: signedPixels(map.bytes, theme), side: map.side };
  if (!told) return null;
  const { surface } = told.arrays;
  const side = surface.shape[1];
  if (!isOutput(view)) return { pixels: answerPixels(surface, config, theme), side };
  return { pixels: outputPixels(surface, config, theme).slice(place.index * side ** 2, (place.index + 1) * side ** 2), side };
}

// One of several outputs is pointed at.
const isOutput = ({ config, place }) => place !== null && config.outputs > 1 && place.layer === config.counts.length - 1;

// The map of a feature or a hidden neuron that is pointed at.
function mapOf({ config, place, told, inputs, first }) {
  if (!place || place.layer === config.counts.length - 1) return null;
  const [maps, limits] = place.layer === 0 ? [inputs, inputs.limits] : [told?.arrays.maps, told?.limits];
  const index = place.layer === 0 ? place.index : first[place.layer - 1] + place.index;
  if (!maps || index >= maps.shape[0]) return null;
  const side = maps.shape[1];
  return { bytes: maps.subarray(index * side ** 2, (index + 1) * side ** 2), side, limit: limits[index] };
}

function paintInk(view) {
  const { config, points, frame, stage: { theme } } = view;
  if (!frame || !config) return;
  const { painter } = view.papers[1]();
  drawAxes(painter, frame, { theme, language: config.language, bare: true });
  const colourOf = colours(view);
  const style = { radius: points.train.shape[0] > 700 ? 2.2 : 3.2, rim: config.classes.length ? theme.background : theme.muted };
  if (config.show_test) paintPoints(painter, frame, points.test, colourOf, { ...style, rim: theme.ink, diamond: true });
  paintPoints(painter, frame, points.train, colourOf, style);
  const own = [...view.waiting.flatMap((one) => one.points), ...view.pulled];
  paintPoints(painter, frame, Object.assign(own.map(([x, y, label]) => [x, y, config.values[label]]).flat(), { shape: [own.length, 3] }), colourOf, style);
}

export function colours({ config, stage: { theme } }) {
  if (!config.classes.length) return valueColour(theme);
  const all = classColours(theme, config.classes.length);
  return (label) => all[label] ?? theme.grey;
}

// The cross under the pointer, and the point that was picked.
function paintHand(view) {
  const { config, frame, hover, probe, state, stage: { theme } } = view;
  if (!frame || !config) return;
  const { painter } = view.papers[2]();
  view.hand.classList.toggle("putting", state.tool !== null);
  if (hover) cross(painter, frame.x(hover[0]), frame.y(hover[1]), 6, theme.ink, 1.25);
  if (probe) ring(painter, frame.x(probe[0]), frame.y(probe[1]), theme);
  mark(view.hand, "aria-label", config.words.plane);
  writeAt(view);
}

function cross(painter, x, y, reach, colour, width) {
  Object.assign(painter, { strokeStyle: colour, lineWidth: width });
  painter.beginPath();
  for (const [dx, dy] of [[1, 0], [0, 1]]) {
    painter.moveTo(x - reach * dx, y - reach * dy);
    painter.lineTo(x + reach * dx, y + reach * dy);
  }
  painter.stroke();
}

function ring(painter, x, y, theme) {
  for (const [colour, width] of [[theme.background, 4], [theme.ink, 2]]) {
    Object.assign(painter, { strokeStyle: colour, lineWidth: width });
    painter.beginPath();
    painter.arc(x, y, 6.5, 0, 2 * Math.PI);
    painter.stroke();
  }
}

// What is said at a point: the class and its probability, or the number there.
export function readAt(view, [x, y]) {
  const { config, told } = view;
  const { edge, words, write } = config;
  const share = [(x + edge) / (2 * edge), (edge - y) / (2 * edge)];
  const map = mapOf(view);
  if (map) return `${view.place.layer ? "a" : config.labels[view.place.index]} = ${write(signedOf(byteAt(map.bytes, map.side, ...share)) * map.limit)}`;
  if (!told) return "";
  const { surface } = told.arrays;
  const [outputs, side] = surface.shape;
  const bytes = Array.from({ length: outputs }, (_, at) => byteAt(surface, side, ...share, at * side ** 2));
  if (!config.classes.length) return `y = ${write(signedOf(bytes[0]))}`;
  const chances = outputs > 1 ? bytes.map((byte) => byte / 255) : [1 - shareOf(bytes[0]), shareOf(bytes[0])];
  const best = isOutput(view) ? view.place.index : chances.indexOf(Math.max(...chances));
  if (!config.sure) return `${config.classes[best]}: ${write(outputs > 1 ? chances[best] : signedOf(bytes[0]))}`;
  return fill(words.says, { name: config.classes[best], share: config.percent(chances[best]) });
}

function writeAt(view) {
  const { at, hover, frame, config } = view;
  at.hidden = !hover || !frame;
  if (at.hidden) return;
  const text = `${config.write(hover[0])}, ${config.write(hover[1])}  ${readAt(view, hover)}`;
  say(at, text);
  const left = frame.x(hover[0]) > (frame.left + frame.right) / 2;
  const up = frame.y(hover[1]) < frame.top + 40;
  Object.assign(at.style, { left: `${frame.x(hover[0]) + (left ? -10 : 10)}px`, top: `${frame.y(hover[1]) + (up ? 12 : -30)}px`, transform: left ? "translateX(-100%)" : "none" });
  if (view.state.keyAt) say(view.spoken, text);
}

function writeHead(view) {
  const { config, title, note, scale, place, stage: { theme } } = view;
  say(title, place ? config.nameOf(place.layer, place.index) : config.words.surface);
  say(note, place ? "" : config.surface_note);
  const map = mapOf(view);
  const limit = map ? map.limit : config.classes.length ? null : 1;
  scale.node.hidden = limit == null;
  if (limit == null) return;
  const painter = scale.bar.getContext("2d");
  const image = painter.createImageData(64, 1);
  const colours256 = map ? table("diverging", theme) : softTable(theme);
  new Uint32Array(image.data.buffer).set(Array.from({ length: 64 }, (_, i) => colours256[Math.min(255, 4 * i + 2)]));
  painter.putImageData(image, 0, 0);
  say(scale.low, config.write(-limit));
  say(scale.high, config.write(limit));
}
