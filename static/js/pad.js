// The drawing pad: what is drawn is read while the stroke is in progress, and beside it what the network receives.
//
// To Python goes the state "image" (asking.js); from Python comes one message a run (pages/ui/canvas/__init__.py). On its
// channel the pad hears "bars" (a running training moves them) and "digit" (a picture sent to it from elsewhere).

const version = new URL(import.meta.url).search;
const { component, make, mark, say } = await import(`./panel.js${version}`);
const { openConversation } = await import(`./asking.js${version}`);
const { follow } = await import(`./hand.js${version}`);
const { greyText, keep, kept, openDrawing, toCanvas } = await import(`./strokes.js${version}`);
const { READING_STYLE, configureReading, openReading, showReading } = await import(`./reading.js${version}`);
const { RECEIVED_STYLE, configureReceived, emptyReceived, openReceived, showReceived, showSwitches } =
  await import(`./received.js${version}`);

const SIDE = 112; // of the picture that Python gets
const SHARP = 4; // times that on the screen
const BRUSHES = [6, 9, 13]; // widths on the picture for Python
const MOST_SAMPLES = 200;
const measured = (globalThis.__derin_pad = { last: null, samples: [] }); // milliseconds from the pen to the painted bars

const STYLE = `
  .panel { container-type: inline-size; }
  .layout { display: grid; grid-template-columns: minmax(0, 292px) minmax(210px, 1fr); gap: 10px 28px; align-items: start; }
  .hand { display: grid; gap: 8px; min-width: 0; }
  .pad { position: relative; aspect-ratio: 1; }
  .pad canvas { width: 100%; height: 100%; border-radius: 10px; background: #000; touch-action: none; cursor: crosshair;
    box-shadow: 0 0 0 1px var(--st-border-color); user-select: none; -webkit-user-select: none; }
  .pad canvas:focus-visible { border-radius: 10px; }
  .cursor { position: absolute; width: 14px; height: 14px; margin: -7px 0 0 -7px; border: 2px solid #4BA6E0;
    border-radius: 50%; pointer-events: none; }
  .cursor.down { background: rgb(75 166 224 / .6); }
  .tools { display: flex; align-items: center; gap: 6px; min-height: 26px; }
  .tools button.quiet { line-height: 22px; padding: 0 10px; font-size: 12.5px; color: var(--st-text-color); }
  .tools button.quiet:disabled { opacity: .45; cursor: default; border-color: var(--st-border-color); }
  .brushes { display: flex; gap: 2px; margin-left: auto; }
  .brush { width: 26px; height: 26px; padding: 0; display: grid; place-items: center; border: 0; background: none;
    border-radius: 6px; cursor: pointer; }
  .brush i { display: block; border-radius: 50%; background: var(--st-gray-color); }
  .brush:hover { background: var(--st-gray-background-color); }
  .brush[aria-checked=true] { background: var(--st-blue-background-color); }
  .brush[aria-checked=true] i { background: var(--st-primary-color); }
  .samples { display: grid; grid-template-columns: repeat(10, minmax(0, 1fr)); gap: 3px; }
  .samples button { padding: 0; border: 0; background: #000; border-radius: 4px; cursor: pointer; overflow: hidden;
    aspect-ratio: 1; }
  .samples button:hover { box-shadow: 0 0 0 2px var(--st-gray-color); }
  .samples canvas { width: 100%; height: 100%; image-rendering: pixelated; }
  .result { display: grid; gap: 12px; min-width: 0; }
  @container (max-width: 479px) { .layout { grid-template-columns: minmax(0, 1fr); gap: 14px; } }
  ${READING_STYLE}
  ${RECEIVED_STYLE}
`;

export default component(STYLE, (stage) => {
  const pad = openPad(stage);
  stage.onEnd(() => pad.talk.end());
  return { update: (tick, call) => update(pad, tick, call) };
});

function openPad(stage) {
  const pad = { stage, config: null, off: new Set(), brush: 1, busy: false, read: null, answered: 0, samples: null };
  pad.face = openFace(pad);
  pad.drawing = openDrawing([
    pad.face.canvas.getContext("2d"),
    openSmall().getContext("2d", { willReadFrequently: true }),
  ]);
  pad.small = pad.drawing.contexts[1];
  pad.talk = openConversation(() => compose(pad));
  pad.drawing.repaint();
  follow(pad.face.canvas, pad.face.cursor, pad.acts);
  return pad;
}

function openSmall() {
  return Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
}

// what is seen

function openFace(pad) {
  pad.acts = openActs(pad);
  const face = { reading: openReading(), received: openReceived((name) => toggle(pad, name)) };
  const hand = make("div", "hand");
  const place = hand.appendChild(make("div", "pad"));
  face.canvas = place.appendChild(make("canvas", "", { width: SIDE * SHARP, height: SIDE * SHARP, tabIndex: 0,
    attributes: { role: "application" } }));
  face.cursor = place.appendChild(make("span", "cursor", { hidden: true }));
  face.tools = hand.appendChild(openTools(pad, face));
  face.samples = hand.appendChild(make("div", "samples", { attributes: { role: "group" } }));
  const result = make("div", "result");
  result.append(face.reading.box, face.received.box);
  const layout = make("div", "layout");
  layout.append(hand, result);
  pad.stage.box.replaceChildren(layout);
  return face;
}

function openTools(pad, face) {
  const tools = make("div", "tools");
  face.undo = tools.appendChild(make("button", "quiet", { type: "button", onclick: pad.acts.undo }));
  face.clear = tools.appendChild(make("button", "quiet", { type: "button", onclick: pad.acts.clear }));
  face.brushes = tools.appendChild(make("div", "brushes", { attributes: { role: "radiogroup" } }));
  face.widths = BRUSHES.map((width, index) => openBrush(pad, width, index));
  face.brushes.append(...face.widths);
  return tools;
}

function openBrush(pad, width, index) {
  const button = make("button", "brush", { type: "button", attributes: { role: "radio" } });
  const dot = button.appendChild(make("i"));
  dot.style.width = dot.style.height = `${width + 1}px`;
  button.onclick = () => chooseBrush(pad, index);
  button.onkeydown = (event) => {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    const next = pad.face.widths[index + way];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    chooseBrush(pad, index + way);
    next.focus();
  };
  return button;
}

function chooseBrush(pad, chosen) {
  pad.brush = chosen;
  showTools(pad);
  remember(pad);
}

function showTools({ face, brush, drawing, off }) {
  face.widths.forEach((button, index) => {
    mark(button, "aria-checked", index === brush);
    button.tabIndex = index === brush ? 0 : -1;
  });
  face.undo.disabled = !drawing.undoable;
  face.clear.disabled = drawing.empty;
  showSwitches(face.received, off);
}

function arrangeSamples({ face, acts, config }, samples) {
  const [count, , height, width] = samples.shape;
  const nodes = Array.from({ length: count }, (_, index) => {
    const button = make("button", "", { type: "button", title: config.classes[index],
      attributes: { "aria-label": config.words.sample.replace("{name}", config.classes[index]) } });
    button.append(toCanvas(picture(samples, index, 0), width, height));
    button.onclick = (event) => acts.sample(index, event);
    return button;
  });
  face.samples.replaceChildren(...nodes);
}

function picture(samples, index, turn) {
  const [, turns, height, width] = samples.shape;
  const start = (index * turns + (turn % turns)) * height * width;
  return samples.subarray(start, start + height * width);
}

// what the hand does

function openActs(pad) {
  let stroke = null;
  const turns = new Map();
  return {
    draw: {
      begin(at, event) {
        pad.busy = true;
        stroke = pad.drawing.begin(at, BRUSHES[pad.brush] / SIDE);
        changed(pad, event);
      },
      extend(at, event) {
        if (!stroke) return;
        pad.drawing.extend(stroke, at);
        pad.talk.changed(event.timeStamp);
      },
      end(event) {
        stroke = null;
        pad.busy = false;
        changed(pad, event, true);
        remember(pad);
      },
    },
    undo: (event) => edit(pad, event, (drawing) => drawing.undo()),
    clear: (event) => edit(pad, event, (drawing) => drawing.clear()),
    sample(index, event) {
      if (!pad.samples || index >= pad.samples.shape[0]) return;
      const [, , height, width] = pad.samples.shape;
      const turn = turns.get(index) ?? 0;
      turns.set(index, turn + 1);
      edit(pad, event, (drawing) => drawing.place(picture(pad.samples, index, turn), width, height));
    },
  };
}

function edit(pad, event, act) {
  act(pad.drawing);
  changed(pad, event, true);
  remember(pad);
}

function toggle(pad, name) {
  if (!pad.off.delete(name)) pad.off.add(name);
  changed(pad, null, true);
  remember(pad);
}

function changed(pad, event, now = false) {
  showTools(pad);
  if (pad.drawing.empty) showNothing(pad);
  pad.talk.changed(event?.timeStamp ?? 0, now);
}

function remember({ channel, drawing, brush, off }) {
  if (channel !== undefined) keep(channel, { layers: drawing.layers, brush, off: [...off] });
}

function recall(pad) {
  const held = kept(pad.channel);
  pad.drawing.load(held.layers);
  if (BRUSHES[held.brush]) pad.brush = held.brush;
  pad.off = new Set(Array.isArray(held.off) ? held.off : []);
  // not while mounting: Streamlit may lose what is set then
  if (!pad.drawing.empty) setTimeout(() => pad.talk.changed(0, true), 60);
}

// what goes to Python and comes back

function compose({ drawing, small, off, sampleSet }) {
  const { empty, strokes } = drawing;
  return { side: SIDE, strokes, empty, pixels: empty ? "" : greyText(small), off: [...off], samples: sampleSet ?? "" };
}

function update(pad, tick, { data, setStateValue }) {
  const { meta, arrays } = tick;
  pad.talk.connect((image) => setStateValue("image", image));
  if (!meta.words || data === pad.shown) return;
  pad.shown = data;
  pad.config = meta;
  if (arrays.samples) Object.assign(pad, { samples: arrays.samples, sampleSet: meta.sample_set });
  configure(pad, Boolean(arrays.samples));
  if (pad.channel !== meta.channel) begin(pad, meta);
  listen(pad);
  hear(pad, tick);
}

function begin(pad, meta) {
  pad.channel = meta.channel;
  pad.talk.continueFrom(meta.seq ?? 0);
  recall(pad);
  showNothing(pad);
}

function configure(pad, newSamples) {
  const { face, config } = pad;
  const { words } = config;
  configureReading(face.reading, config);
  configureReceived(face.received, config);
  mark(face.canvas, "aria-label", words.pad);
  mark(face.samples, "aria-label", words.samples);
  mark(face.brushes, "aria-label", words.brush);
  face.widths.forEach((button, index) => mark(button, "aria-label", words.brushes[index]));
  say(face.undo, words.undo);
  say(face.clear, words.clear);
  if (newSamples) arrangeSamples(pad, pad.samples);
  showTools(pad);
}

function listen(pad) {
  const { stage, channel } = pad;
  stage.hear(channel, "bars", (value) => hearBars(pad, value));
  stage.hear(channel, "digit", (value) => hearDigit(pad, value));
}

// A running training reads the drawing anew; while the pen moves its own answers are newer.
function hearBars(pad, { arrays, step, top, seq }) {
  if (pad.drawing.empty || pad.busy || !arrays?.probabilities || (seq ?? Infinity) < pad.answered) return;
  const note = step == null ? "" : pad.config.words.step.replace("{step}", step.toLocaleString(pad.config.language));
  pad.read = { probabilities: arrays.probabilities, top, note };
  showReading(pad.face.reading, pad.read, pad.config.words.idle);
}

function hearDigit(pad, digit) {
  if (pad.placed === digit || !digit?.pixels) return;
  const first = pad.placed === undefined && !pad.ready;
  pad.placed = digit;
  if (!first) edit(pad, null, (drawing) => drawing.place(digit.pixels, digit.width ?? 28, digit.height ?? 28));
}

function hear(pad, tick) {
  const { meta, arrays } = tick;
  pad.ready = true;
  if (meta.seq === undefined || meta.seq === null) return meta.waiting ? wait(pad, meta) : showIdle(pad);
  const event = pad.talk.answered(meta.seq);
  if (meta.waiting) return wait(pad, meta);
  endWaiting(pad);
  if (pad.drawing.empty || !arrays.probabilities) return showIdle(pad);
  pad.answered = meta.seq;
  pad.read = { probabilities: arrays.probabilities, top: meta.top, note: meta.note };
  showReading(pad.face.reading, pad.read, pad.config.words.idle);
  showReceived(pad.face.received, tick);
  if (event) measure(event);
}

function measure(event) {
  requestAnimationFrame(() => setTimeout(() => {
    measured.last = performance.now() - event;
    measured.samples.push(measured.last);
    if (measured.samples.length > MOST_SAMPLES) measured.samples.shift();
  }));
}

function showNothing(pad) {
  pad.read = null;
  showIdle(pad);
  emptyReceived(pad.face.received);
}

function showIdle(pad) {
  if (pad.read && !pad.drawing.empty) return;
  const { words } = pad.config;
  const left = pad.awake ? Math.ceil((pad.awake - performance.now()) / 1000) : 0;
  showReading(pad.face.reading, null, pad.awake ? words.waking.replace("{seconds}", Math.max(left, 1)) : words.idle);
}

// The engine is waking: say how long, and ask again until it answers.
function wait(pad, { waiting }) {
  pad.awake = performance.now() + 1000 * waiting;
  pad.read = null;
  clearInterval(pad.clock);
  pad.clock = setInterval(() => showIdle(pad), 500);
  pad.stage.onEnd(() => clearInterval(pad.clock));
  showIdle(pad);
  pad.talk.again(Math.min(1000, Math.max(200, 1000 * waiting)));
}

function endWaiting(pad) {
  clearInterval(pad.clock);
  pad.awake = 0;
}
