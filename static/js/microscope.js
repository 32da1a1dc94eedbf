// The microscope: a map of a layer, number by number. The stamp is laid on the input, multiplied, summed, and the number is
// written into the map; below it every layer of the network as a row of maps. What the numbers are came from the network
// (pages/ui/microscope.py); moving the stamp over them is done here.

const version = new URL(import.meta.url).search;
const { component, fill, make, mark, numbers, say, sayWaking } = await import(`./panel.js${version}`);
const { encode, mapOf } = await import(`./sheet.js${version}`);
const { typeset, writer } = await import(`./formula.js${version}`);
const { line } = await import(`./sending.js${version}`);
const { MIDDLE_STYLE, openMiddle, showMiddle, showsAll } = await import(`./walkmiddle.js${version}`);
const { FIGURES_STYLE, openFigure, showInput, showOutput } = await import(`./figures.js${version}`);
const { CHANNELS_STYLE, openChannels, showChannels } = await import(`./channels.js${version}`);
const { OVERVIEW_STYLE, openOverview, showOverview } = await import(`./overview.js${version}`);
const { BAR_STYLE, openBar, showBar } = await import(`./scopebar.js${version}`);
const { FIELD_STYLE, openField, showField } = await import(`./field.js${version}`);
const { channelSums, linesAt } = await import(`./walklines.js${version}`);

const STYLE = `
  .panel { container-type: inline-size; }
  .scope { display: grid; grid-template-columns: 224px minmax(0, 1fr) 224px; gap: 4px 20px; min-height: 246px; border-radius: 8px; }
  .below { display: grid; grid-template-columns: 96px minmax(0, 1fr); gap: 0 16px; margin-top: 8px; min-height: 112px; }
  .lines { margin: 0; display: grid; grid-template-columns: max-content minmax(0, max-content) max-content; gap: 3px 12px; align-content: start; }
  .lines dt { color: var(--st-gray-text-color); font-size: 12px; }
  .lines dd { margin: 0; font: 12px/18px var(--st-code-font); font-feature-settings: "calt" 0; overflow-wrap: anywhere; }
  .lines .result { font-weight: 600; text-align: right; min-width: 8ch; }
  .lines .last .result, .lines dd.last { color: var(--st-blue-text-color); }
  .facts { display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 12px; color: var(--st-gray-text-color); margin-top: 6px; grid-column: 2; }
  sup, sub { font-size: 9px; line-height: 0; }
  .waiting { color: var(--st-gray-text-color); }
  ${BAR_STYLE}${FIGURES_STYLE}${MIDDLE_STYLE}${CHANNELS_STYLE}${FIELD_STYLE}${OVERVIEW_STYLE}
  @container (max-width: 759px) {
    .scope { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 8px 12px; }
    .scope .middle { grid-column: 1 / -1; order: 3; }
    .lines { grid-template-columns: minmax(0, 1fr) max-content; }
    .lines dt { grid-column: 1 / -1; }
  }
`;
const REST = 600; // milliseconds after the last key until the place goes into the link

export default component(STYLE, (stage) => {
  const view = { stage, walk: null, layers: [], sheet: null, key: "", place: [0, 0], placed: false, hover: null, source: 0, written: null, seq: 0, timer: 0, rest: 0,
    line: line(), ask: () => {} };
  view.bar = openBar(acts(view));
  view.input = openFigure({ hover: (place) => hover(view, place), put: (place) => put(view, place) });
  view.output = openFigure({ hover: (place) => hover(view, outputPlace(view, place)), put: (place) => putOutput(view, place) });
  view.middle = openMiddle(stage);
  view.channels = openChannels(stage, (channel) => { view.source = channel; draw(view); });
  view.overview = openOverview(stage, (layer, channel) => look(view, layer, channel));
  layOut(view);
  stage.onEnd(() => { clearInterval(view.timer); clearTimeout(view.rest); view.line.end(); });
  return { update: (tick, call) => take(view, tick, call), draw: () => draw(view) };
});

function layOut(view) {
  const { stage, bar, input, output, middle, channels, overview } = view;
  view.scope = make("div", "scope", { tabIndex: 0, attributes: { role: "application" } });
  view.scope.append(input.box, middle.box, output.box);
  view.scope.onkeydown = (event) => press(view, event);
  const below = make("div", "below");
  view.field = openField();
  view.lines = make("dl", "lines");
  view.facts = make("div", "facts");
  below.append(view.field.box, view.lines, view.facts);
  view.waiting = make("p", "waiting");
  view.live = make("div", "hidden", { attributes: { "aria-live": "polite" } });
  view.whole = make("div");
  view.whole.append(bar.box, view.scope, below, channels.box, overview.box, view.live);
  view.whole.hidden = true;
  stage.box.replaceChildren(view.waiting, view.whole);
  const watcher = new ResizeObserver(() => draw(view));
  watcher.observe(view.scope);
  stage.onEnd(() => watcher.disconnect());
}

// what came from Python

function take(view, { meta, arrays }, { data, setStateValue }) {
  view.line.connect((asked) => setStateValue("asked", asked));
  if (!meta.words || data === view.shown) return;
  view.shown = data;
  view.config = meta;
  view.line.answered(view.sent?.seq === meta.seq ? view.sent : null);
  if (view.waits = meta.waiting !== undefined ? setTimeout(() => send(view, {}), 700) : 0) say(view.waiting, sayWaking(meta.words, meta));
  if (!meta.walk) return;
  say(view.waiting, "");
  if (arrays.sheet) Object.assign(view, { sheet: arrays.sheet, key: meta.key });
  if (view.key !== meta.key) return send(view, {}); // the maps that belong to this were lost on the way
  adopt(view, meta, arrays);
}

function adopt(view, meta, arrays) {
  let offset = 0;
  view.layers = meta.layers.map((layer) => {
    const placed = { ...layer, offset };
    offset += layer.shape[0] * layer.shape[1] * layer.shape[2];
    return placed;
  });
  const before = view.walk;
  view.walk = { ...meta.walk, arrays, ...limits(meta.walk, arrays) };
  view.write = writer(meta.language, 3);
  view.short = shortWriter(meta.language);
  const other = !before || before.layer !== view.walk.layer || before.channel !== view.walk.channel;
  if (other) begin(view, meta.place);
  view.whole.hidden = false;
}

function begin(view, [row, column]) {
  stop(view);
  const { walk } = view;
  const [high, wide] = walk.kind === "linear" ? walk.arrays.in.shape.slice(1) : walk.arrays.out.shape;
  view.placed = row >= 0 && column >= 0;
  view.place = view.placed ? [Math.min(row, high - 1), Math.min(column, wide - 1)] : strongest(walk, wide);
  view.hover = null;
  view.source = 0;
  if (walk.kind === "conv") {
    const sums = channelSums(walk, view.place).map(Math.abs);
    view.source = sums.indexOf(Math.max(...sums));
  }
}

function strongest({ kind, arrays }, wide) {
  const values = kind === "linear" ? arrays.weights.map((weight, at) => weight * arrays.in[at]) : arrays.out;
  let best = 0;
  values.forEach((value, at) => { if (Math.abs(value) > Math.abs(values[best])) best = at; });
  return [Math.floor(best / wide), best % wide];
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

// What the darkest colour of the stamps and products stands for.
function limits({ kind }, arrays) {
  if (kind === "conv") return { kernel_limit: largest(arrays.kernel), products_limit: largest(arrays.kernel) * largest(arrays.in) };
  if (kind === "linear") return { weights_limit: largest(arrays.weights), products_limit: largest(arrays.weights.map((weight, at) => weight * arrays.in[at])) };
  return {};
}

// Returns a writer for numbers that stand together: two decimals, three where all are small.
function shortWriter(language) {
  const [small, fine, plain] = [3, 2, 1].map((digits) => new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  return (values) => {
    const all = values.every((value) => Math.abs(value) < 0.0995);
    const write = (value) => (value === 0 ? "0" : (all ? small : Math.abs(value) < 9.995 ? fine : plain).format(value)).replace(/^-(?=.*[1-9])/, "\u2212").replace("-", "");
    return Object.assign(write, { fine: all });
  };
}

// drawing

function draw(view) {
  const { walk, layers, config, stage: { theme }, sheet } = view;
  if (!walk || view.whole.hidden) return;
  const place = view.hover ?? view.place;
  const layer = layers.find(({ name }) => name === walk.layer);
  const before = layers.find(({ name }) => name === walk.before);
  const { words } = config;
  const tools = { words, theme, layer, before, sheet, write: view.write, short: view.short, fillWords: fill, sheetAt: (...cells) => colourOf(view, before, ...cells),
    upto: view.written === null ? undefined : view.written + 1 };
  showInput(view.input, walk, place, view.source, tools);
  showMiddle(view.middle, walk, place, view.source, tools);
  showOutput(view.output, walk, place, tools);
  view.channels.box.hidden = walk.kind !== "conv" || showsAll(walk) && walk.arrays.in.shape[0] === 1;
  if (!view.channels.box.hidden) showChannels(view.channels, walk, place, view.source, tools);
  showLines(view, linesAt(walk, place, view.source, tools));
  showField(view.field, { layer, layers, place, walk, sheet, words, theme });
  showFacts(view, walk, layer);
  showBar(view.bar, { walk, layers, words, playing: view.timer !== 0, reading: config.reading ?? "", fixed: config.fixed, draw: config.draw ?? 0, count: numbers(config.language, "count") });
  showOverview(view.overview, { layers, sheet, walk, words, off: new Set((config.off ?? []).map(([name, channel]) => `${name}.${channel}`)) });
  speak(view, walk, place);
}

// The bytes and the scale with which values of the layer before are coloured, so that a window looks like the map it is cut from.
function colourOf(view, before, channel, cells, value) {
  const map = mapOf(view.sheet, before, Math.min(channel + (view.walk.first ?? 0), before.shape[0] - 1));
  if (value !== undefined) return { bytes: encode([value], before.limit, map.scale), scale: map.scale };
  return { scale: map.scale, bytes: cells.map(([row, column, inside]) => (inside ? map.bytes[row * map.width + column] : 0)) };
}

function showLines({ lines }, rows) {
  while (lines.children.length > 3 * rows.length) lines.lastChild.remove();
  while (lines.children.length < 3 * rows.length) lines.append(make("dt"), make("dd"), make("dd", "result"));
  rows.forEach(([label, formula, result], at) => {
    const [term, text, value] = [0, 1, 2].map((part) => lines.children[3 * at + part]);
    typeset(term, label);
    typeset(text, formula);
    say(value, result === "" ? "" : `= ${result}`);
    const last = at === rows.length - 1;
    text.classList.toggle("last", last);
    mark(value, "class", last ? "result last" : "result");
  });
}

function showFacts({ facts, config: { words, language } }, walk, layer) {
  const share = walk.difference === null ? "" : walk.difference.toExponential(0).replace("-", "\u2212");
  const texts = [walk.size_formula && fill(words.size_formula, { formula: walk.size_formula }), layer.parameters && `${words.parameters}: ${layer.parameters}`,
    walk.off && words.is_off, share && (walk.difference === 0 ? words.exact : fill(words.checked, { share }))].filter(Boolean);
  while (facts.children.length > texts.length) facts.lastChild.remove();
  while (facts.children.length < texts.length) facts.append(make("span"));
  texts.forEach((text, at) => say(facts.children[at], text));
}

function speak(view, walk, [row, column]) {
  const { words } = view.config;
  const value = walk.kind === "linear" ? walk.value : walk.arrays.out[row * walk.arrays.out.shape[1] + column];
  const map = fill(walk.kind === "linear" ? words.unit : words.map, { n: walk.channel + 1, count: walk.channels });
  mark(view.scope, "aria-label", `${fill(words.is, { layer: walk.layer, map, row, column, value: view.write(value) })}. ${words.keys}`);
  if (!view.timer && !view.hover) say(view.live, fill(words.is, { layer: walk.layer, map, row, column, value: view.write(value) }));
}

// the hand

const outputPlace = ({ walk }, place) => (walk?.kind === "linear" ? null : place);

function hover(view, place) {
  if (view.timer || String(place) === String(view.hover)) return;
  view.hover = place;
  draw(view);
}

function put(view, place) {
  stop(view);
  [view.place, view.hover] = [place, null];
  draw(view);
  settle(view, 0);
}

// A click into the map puts the stamp there; in a linear layer it opens that unit.
function putOutput(view, place) {
  if (view.walk.kind !== "linear") return put(view, place);
  look(view, view.walk.layer, place[0] * view.walk.arrays.out.shape[1] + place[1]);
}

function settle(view, pause = REST) {
  clearTimeout(view.rest);
  view.placed = true;
  const [down, across] = view.place;
  view.rest = setTimeout(() => send(view, { down, across }), pause);
}

// Opens a map; in the same layer a stamp that was put somewhere stays there.
function look(view, layer, channel) {
  clearTimeout(view.rest);
  const [down, across] = view.place;
  send(view, { layer, channel, ...(view.placed && layer === view.walk.layer ? { down, across } : {}) });
}

function send(view, asked) {
  view.seq = Math.max(Date.now(), view.seq + 1);
  view.sent = { seq: view.seq, have: view.key, ...asked };
  view.line.send(view.sent);
}

function acts(view) {
  return {
    layer: (name) => look(view, name, 0),
    channel: (index) => look(view, view.walk.layer, Math.min(Math.max(index, 0), view.walk.channels - 1)),
    move: (way) => move(view, way),
    play: () => (view.timer ? stop(view, true) : play(view)),
    off: (off) => send(view, { off }),
    draw: (number) => send(view, { draw: number }),
  };
}

function sizes({ walk }) {
  const [high, wide] = walk.kind === "linear" ? walk.arrays.in.shape.slice(1) : walk.arrays.out.shape;
  return { high, wide, count: Math.min(walk.count ?? high * wide, high * wide) };
}

// On to the next place of the map, or back, line by line.
function move(view, way) {
  const { wide, count } = sizes(view);
  const at = view.place[0] * wide + view.place[1] + way;
  if (at < 0 || at >= count) return stop(view, true);
  view.place = [Math.floor(at / wide), at % wide];
  view.hover = null;
  if (view.timer) view.written = at;
  else settle(view);
  draw(view);
}

// Play from here, or from the first place once the last is reached; faster after the first line.
function play(view) {
  const { wide, count } = sizes(view);
  const at = view.place[0] * wide + view.place[1];
  if (view.written === null || at >= count - 1) view.place = [0, 0];
  view.written = view.place[0] * wide + view.place[1];
  let turn = 0;
  view.timer = setInterval(() => {
    turn += 1;
    const slow = turn < 10 * SLOW;
    if (!slow || turn % SLOW === 0) move(view, 1);
  }, PACE);
  draw(view);
}

const [PACE, SLOW] = [70, 7]; // milliseconds a step, and how many times longer each of the first ten takes

function stop(view, keep = false) {
  clearInterval(view.timer);
  const was = view.timer;
  view.timer = 0;
  if (!keep) view.written = null;
  else if (was) { view.written = null; draw(view); settle(view); }
}

function press(view, event) {
  const { wide } = sizes(view);
  const way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -wide, ArrowDown: wide }[event.key];
  const map = { PageUp: -1, PageDown: 1 }[event.key];
  if (!way && !map && event.key !== " ") return;
  event.preventDefault();
  event.stopPropagation();
  if (map) return view.bar.acts.channel(view.walk.channel + map);
  if (event.key === " ") return view.bar.acts.play();
  stop(view);
  move(view, way);
}
