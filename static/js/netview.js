// The network's diagram: a column of features, one of each hidden layer, one of the outputs; every map can be pointed at.

const version = new URL(import.meta.url).search;
const { fill, fit, make, mark, say } = await import(`./panel.js${version}`);
const { FEATURE_LABEL, linkAt, plan } = await import(`./netplan.js${version}`);
const { openAtlas, paintBias, paintLinks, paintMap, strikeOut } = await import(`./netpaint.js${version}`);
const { nameOf } = await import(`./netvalues.js${version}`);
const { classColours, outputPixels, signedPixels } = await import(`./surface.js${version}`);

export const NET_STYLE = `
  .net { position: relative; min-width: 0; overflow-x: auto; overflow-y: hidden; }
  .stagebox { position: relative; height: 360px; }
  .stagebox > canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
  .node { position: absolute; padding: 0; margin: 0; border: 0; background: none; border-radius: 6px; cursor: pointer; color: inherit; }
  .node:hover, .node.lit { box-shadow: 0 0 0 2px var(--st-text-color); }
  .node:focus-visible { outline: none; box-shadow: 0 0 0 2px var(--st-text-color), 0 0 0 4px var(--st-background-color), 0 0 0 5px var(--st-primary-color); }
  .node .fname { position: absolute; right: calc(100% + 6px); top: 50%; transform: translateY(-50%); white-space: nowrap;
    font: 500 12px/16px var(--st-font); }
  .node[aria-pressed=false] .fname { color: var(--st-gray-text-color); opacity: .75; }
  .node.frozen::after { content: ""; position: absolute; right: -5px; top: -6px; width: 13px; height: 13px; background: var(--st-text-color);
    border-radius: 4px; box-shadow: 0 0 0 1.5px var(--st-background-color); mask: none; }
  .node.frozen::before { content: ""; position: absolute; right: -3px; top: -4px; width: 9px; height: 9px; z-index: 1; background: var(--st-background-color);
    mask: url("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 10 10'%3E%3Cpath d='M2 4.5h6V9H2zM3 4.5V3a2 2 0 0 1 4 0v1.5H6V3a1 1 0 0 0-2 0v1.5z'/%3E%3C/svg%3E") center / contain no-repeat; }
  .node i { position: absolute; left: calc(100% + 4px); top: calc(50% - 4px); width: 8px; height: 8px; border-radius: 50%; }
  .bias { position: absolute; width: 15px; height: 15px; padding: 0; border: 0; background: none; cursor: pointer; border-radius: 3px; }
  .bias:hover { box-shadow: 0 0 0 1.5px var(--st-text-color); }
  .nodes[inert] > * { cursor: default; }
  .tip { position: absolute; z-index: 3; pointer-events: none; transform: translate(-50%, -135%); white-space: nowrap; padding: 2px 7px;
    border-radius: 5px; font-size: 12px; background: var(--st-text-color); color: var(--st-background-color); }
`;

// `on` is told: look(place or null), open(place, link or null, box), toggle(feature).
export function openNetView(stage, on) {
  const node = make("div", "net");
  const box = node.appendChild(make("div", "stagebox"));
  const canvas = box.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  const nodes = box.appendChild(make("div", "nodes", { attributes: { role: "group" } }));
  const tip = box.appendChild(make("div", "tip mono", { hidden: true }));
  const view = { stage, on, node, box, canvas, nodes, tip, paper: fit(canvas, stage), atlas: openAtlas(), inputs: openAtlas(), outputs: openAtlas(),
    plan: null, built: "", buttons: [], config: null, told: null, values: null, over: null, link: null, at: [0, 0] };
  listen(view);
  return view;
}

export function drawNet(view) {
  if (!view.config) return;
  const { painter, width, height } = view.paper();
  build(view, width, height);
  const { config, plan: laid, values, stage: { theme } } = view;
  if (values?.whole) paintLinks(painter, laid, values, theme, litLinks(view));
  laid.columns.forEach((column, layer) => column.nodes.forEach((place, index) => paintNode(view, painter, place, layer, index)));
  showMarks(view, config);
  showTip(view);
}

function paintNode(view, painter, place, layer, index) {
  const { config, told, values, stage: { theme } } = view;
  if (layer === 0) return paintMap(painter, place, view.inputs, index, theme, { alpha: config.active.includes(index) ? 1 : 0.32 });
  const out = values?.isOut(layer, index);
  const last = layer === config.counts.length - 1;
  paintMap(painter, place, told ? (last ? view.outputs : view.atlas) : null, last ? index : view.first[layer - 1] + index, theme, { alpha: out ? 0.25 : 1 });
  if (out) strikeOut(painter, place, theme);
  else if (values?.whole) paintBias(painter, place, values.bias(layer, index), theme);
}

// While a neuron is pointed at its own links are lit, while a link is that one alone.
function litLinks({ over, link }) {
  if (link) return (layer, to, from) => layer === link.layer && to === link.to && from === link.from;
  if (!over) return null;
  return (layer, to, from) => (layer === over.layer && from === over.index) || (layer + 1 === over.layer && to === over.index);
}

// Colour what a moment has sent: the maps of all neurons, what the network answers, and the weights.
export function takeMaps(view, told, values) {
  const { config, stage: { theme } } = view;
  Object.assign(view, { told, values });
  const { maps, surface } = told.arrays;
  if (maps.length) view.atlas.take(signedPixels(maps, theme), maps.shape[1]);
  view.outputs.take(outputPixels(surface, config, theme), surface.shape[1]);
}

export function takeInputs(view, config, maps) {
  view.config = config;
  view.inputs.take(signedPixels(maps, view.stage.theme), maps.shape[1]);
}

// the buttons over the maps

function build(view, width, height) {
  const { config, nodes } = view;
  const key = JSON.stringify([width, height, config.counts, config.language]);
  if (view.built === key) return;
  view.built = key;
  view.plan = plan(config.counts, width, height);
  view.first = config.counts.slice(1).map((_, at) => config.counts.slice(1, at + 1).reduce((a, b) => a + b, 0));
  const focused = view.stage.root.activeElement?.dataset?.place;
  view.buttons = view.plan.columns.map((column, layer) => column.nodes.map((place, index) => openNode(view, place, layer, index)));
  const biases = view.plan.columns.slice(1).flatMap((column, at) => column.nodes.map((place, index) => openBias(view, place, at + 1, index)));
  view.biases = biases;
  nodes.replaceChildren(...view.buttons.flat(), ...biases.map(({ button }) => button));
  (view.buttons.flat().find((button) => button.dataset.place === focused) ?? null)?.focus();
  view.on.placed?.(view.plan);
}

function openNode(view, { x, y, size }, layer, index) {
  const button = make("button", "node", { type: "button", tabIndex: layer || index ? -1 : 0 });
  Object.assign(button.style, { left: `${x}px`, top: `${y}px`, width: `${size}px`, height: `${size}px` });
  button.dataset.place = `${layer}.${index}`;
  if (layer === 0) button.append(make("span", "fname"));
  const place = { layer, index };
  button.onpointerenter = () => point(view, place);
  button.onpointerleave = () => point(view, null);
  button.onfocus = () => point(view, place);
  button.onblur = () => point(view, null);
  button.onclick = () => (layer === 0 ? view.on.toggle(index) : view.on.open(place, null, button));
  button.onkeydown = (event) => move(event, view, place);
  return button;
}

function openBias(view, { x, y, size }, layer, index) {
  const button = make("button", "bias", { type: "button", tabIndex: -1 });
  Object.assign(button.style, { left: `${x - 7}px`, top: `${y + size - 8}px` });
  button.onclick = () => view.on.open({ layer, index }, "bias", button);
  button.onpointerenter = () => { view.bias = { layer, index, x, y: y + size }; showTip(view); };
  button.onpointerleave = () => { view.bias = null; showTip(view); };
  return { button, layer, index };
}

function point(view, place) {
  if (view.over?.layer === place?.layer && view.over?.index === place?.index) return;
  view.over = place;
  view.on.look(place);
  drawNet(view);
}

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function move(event, view, { layer, index }) {
  const [across, down] = WAYS[event.key] ?? [0, 0];
  const column = view.buttons[layer + across];
  const from = view.buttons[layer].length;
  const row = across && column ? Math.round(((index + 0.5) / from) * column.length - 0.5) : index + down;
  const next = column?.[row];
  if (!(across || down)) return;
  event.preventDefault();
  event.stopPropagation();
  if (!next) return;
  view.buttons.flat().forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
  next.focus();
}

// What the buttons say and show, where that has changed.
function showMarks(view, config) {
  const { words, labels } = config;
  const [frozen, colours] = [new Set(config.frozen), classColours(view.stage.theme, Math.max(config.classes.length, 2))];
  const last = view.buttons.length - 1;
  view.buttons.forEach((column, layer) => column.forEach((button, index) => {
    if (layer === 0) {
      mark(button, "aria-pressed", config.active.includes(index));
      say(button.firstChild, labels[index]);
      mark(button, "aria-label", fill(words.feature, { name: labels[index] }));
      return;
    }
    button.classList.toggle("frozen", frozen.has(nameOf(layer, index)));
    mark(button, "aria-label", config.nameOf(layer, index));
    if (layer === last && column.length > 1) (button.querySelector("i") ?? button.appendChild(make("i"))).style.background = colours[index];
  }));
  view.biases.forEach(({ button, layer, index }) => mark(button, "aria-label", `${config.nameOf(layer, index)}: ${words.bias}`));
  mark(view.canvas, "aria-label", fill(words.diagram, { sizes: [config.active.length, ...config.counts.slice(1)].join("-") }));
}

// links under the pointer

function listen(view) {
  const { box, nodes } = view;
  nodes.style.cssText = "position:absolute;inset:0";
  nodes.onpointermove = (event) => event.target === nodes && feel(view, event);
  nodes.onpointerleave = () => feel(view, null);
  nodes.onclick = (event) => event.target === nodes && view.link && view.on.open({ layer: view.link.layer + 1, index: view.link.to }, view.link, box, view.at);
}

function feel(view, event) {
  const { plan: laid, values } = view;
  const [x, y] = event ? [event.offsetX, event.offsetY] : [-1, -1];
  const found = event && values?.whole ? linkAt(laid, x, y, { weightOf: values.weight, isThere: values.hasLink }) : null;
  view.nodes.style.cursor = found ? "pointer" : "";
  const changed = JSON.stringify(found) !== JSON.stringify(view.link);
  [view.link, view.at] = [found, [x, y]];
  if (changed) drawNet(view);
  else if (found) showTip(view);
}

function showTip({ tip, link, bias, at, values, config }) {
  const shown = values?.whole && (link || bias);
  tip.hidden = !shown;
  if (!shown) return;
  const value = link ? values.weight(link.layer, link.to, link.from) : values.bias(bias.layer, bias.index);
  const [x, y] = link ? at : [bias.x, bias.y - 6];
  say(tip, `${link ? "w" : "b"} = ${config.write(value)}`);
  tip.style.left = `${Math.max(x, FEATURE_LABEL)}px`;
  tip.style.top = `${Math.max(y, 26)}px`;
}
