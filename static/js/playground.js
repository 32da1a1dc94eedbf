// The playground: the network's diagram beside the plane. Both follow the topic "frame" of the page's channel.
//
//   frame   maps, surface, weights as in dlcore/explain/plane.py      limits [one a hidden neuron], sizes, features
//
// Whatever the visitor asks for goes to Python through one queue (wishes.js); Python answers with the next message.

const version = new URL(import.meta.url).search;
const { component, fill, make } = await import(`./panel.js${version}`);
const { CARD_STYLE, closeCard, openCard, refreshCard, showCard } = await import(`./netcard.js${version}`);
const { HEAD_STYLE, openHeads, placeHeads, showHeads } = await import(`./nethead.js${version}`);
const { NET_STYLE, drawNet, openNetView, takeInputs, takeMaps } = await import(`./netview.js${version}`);
const { readValues, weightName, biasName } = await import(`./netvalues.js${version}`);
const { PLANE_STYLE, drawGround, drawPlane, openPlane, takePoints } = await import(`./planeview.js${version}`);
const { TOOLS_STYLE } = await import(`./planetools.js${version}`);
const { publishTopics } = await import(`./tick.js${version}`);
const { openWishes } = await import(`./wishes.js${version}`);

const STYLE = `
  .panel { position: relative; display: grid; grid-template-columns: minmax(0, 1fr) clamp(280px, 36%, 352px); gap: 8px 18px; align-items: start; }
  ${HEAD_STYLE} ${NET_STYLE} ${PLANE_STYLE} ${TOOLS_STYLE} ${CARD_STYLE}
  @media (max-width: 760px) {
    .panel { grid-template-columns: minmax(0, 1fr); }
    .plane { order: -1; }
    .square { max-height: none; }
  }
`;
const LEAST_PITCH = 52; // pixels a column needs; narrower, the diagram is pulled sideways

export default component(STYLE, (stage) => {
  const view = { stage, config: null, frame: null, values: null, wishes: openWishes() };
  const wish = (what, key) => view.wishes.wish(what, key);
  view.heads = openHeads(wish);
  view.net = openNetView(stage, {
    look: (place) => look(view, place), toggle: (index) => view.config.locked_features || wish({ do: "feature", name: view.config.names[index] }),
    open: (place, link, opener, at) => openAt(view, place, link, opener, at), placed: (plan) => placeHeads(view.heads, plan),
  });
  view.card = openCard({ wish, waits: (name) => view.wishes.waits(name), closed: () => look(view, null) });
  view.plane = openPlane(stage, { wish });
  const left = make("div", "side");
  view.net.node.prepend(view.heads.row);
  left.append(view.heads.top, view.net.node);
  left.style.minWidth = "0";
  stage.box.replaceChildren(left, view.plane.node, view.card.node);
  stage.box.addEventListener("pointerdown", (event) => view.card.node.hidden || event.composedPath().includes(view.card.node) || closeCard(view.card));
  let shown = null;
  return {
    update(tick, { data, setStateValue }) {
      view.wishes.connect((list) => setStateValue("asked", list));
      if (data === shown) return;
      shown = data;
      take(view, tick);
    },
    draw: () => draw(view),
    end: () => view.wishes.end(),
  };
});

function take(view, { meta, arrays }) {
  const config = (view.config = extend(meta));
  view.wishes.answered(meta.seq);
  takeInputs(view.net, config, arrays.inputs);
  takePoints(view.plane, config, { train: arrays.train, test: arrays.test });
  Object.assign(view.plane, { inputs: Object.assign(arrays.inputs, { limits: meta.input_limits }), first: firsts(config.counts) });
  showHeads(view.heads, config);
  view.net.box.style.minWidth = `${60 + LEAST_PITCH * config.counts.length}px`;
  view.heads.row.style.minWidth = view.net.box.style.minWidth;
  if (!fits(view.frame, config)) forget(view);
  view.stage.hear(meta.channel, "frame", (told) => hear(view, told));
  publishTopics(meta.channel, { meta, arrays });
  draw(view);
}

// What the parts need besides what Python says.
function extend(meta) {
  const decimals = new Intl.NumberFormat(meta.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(meta.language, { style: "percent", maximumFractionDigits: 0 });
  const config = { ...meta, counts: [meta.labels.length, ...meta.layers.map(({ neurons }) => neurons), meta.outputs] };
  config.write = (value) => decimals.format(value).replace("-", "\u2212");
  config.percent = (share) => percent.format(share);
  config.nameOf = (layer, index) => {
    if (layer === 0) return meta.labels[index];
    if (layer === config.counts.length - 1) return meta.outputs > 1 ? fill(meta.words.output_of, { name: meta.classes[index] }) : meta.words.output;
    return fill(meta.words.neuron, { n: index + 1, layer });
  };
  config.before = (layer) => Array.from({ length: config.counts[layer - 1] }, (_, at) => ({ at, text: layer === 1 ? meta.labels[at] : fill(meta.words.from, { n: at + 1 }) }))
    .filter(({ at }) => layer > 1 || meta.active.includes(at));
  return config;
}

const firsts = (counts) => counts.slice(1).map((_, at) => counts.slice(1, at + 1).reduce((a, b) => a + b, 0));
const sizesOf = ({ counts, active }) => [active.length, ...counts.slice(1)];

// A moment of another network than the one that is drawn is not shown: its own follows.
function fits(told, config) {
  return told !== null && String(told.sizes) === String(sizesOf(config)) && String(told.features) === String(config.active.map((at) => config.names[at]));
}

function forget(view) {
  view.values = view.frame = null;
  for (const part of [view.net, view.plane]) part.told = null;
  view.net.values = null;
}

function hear(view, told) {
  if (told.empty) {
    forget(view);
    return draw(view);
  }
  if (!fits(told, view.config)) return;
  view.frame = told;
  readMoment(view);
  drawNet(view.net);
  drawGround(view.plane);
  refreshCard(view.card, view.config, view.values);
}

function readMoment(view) {
  const { config, frame } = view;
  Object.assign(config, { frozen: frame.frozen ?? config.frozen, removed: frame.removed ?? config.removed });
  view.values = readValues(sizesOf(config), config.active, config.removed, frame.arrays.weights);
  takeMaps(view.net, frame, view.values);
  view.plane.told = frame;
}

function draw(view) {
  if (!view.config) return;
  if (view.frame) readMoment(view);
  drawNet(view.net);
  drawPlane(view.plane);
  refreshCard(view.card, view.config, view.values);
}

// The map of what is pointed at fills the plane; with a card open its neuron stays.
function look(view, place) {
  view.plane.place = place ?? (view.card.node.hidden ? null : view.card.place);
  drawGround(view.plane);
}

function openAt(view, place, link, opener, at) {
  const { config, card, stage } = view;
  const focus = link === "bias" ? biasName(place.layer, place.index) : link ? weightName(config.active, link.layer, link.to, link.from) : undefined;
  showCard(card, place, focus, opener, config, view.values);
  const [box, from] = [stage.box.getBoundingClientRect(), opener.getBoundingClientRect()];
  const spot = at ? [from.left - box.left + at[0], from.top - box.top + at[1]] : [from.right - box.left, from.top - box.top];
  const { offsetWidth, offsetHeight } = card.node;
  card.node.style.left = `${Math.max(4, spot[0] + 12 + offsetWidth > box.width ? spot[0] - offsetWidth - 44 : spot[0] + 12)}px`;
  card.node.style.top = `${Math.max(0, Math.min(spot[1] - 20, box.height - offsetHeight))}px`;
  look(view, place);
}
