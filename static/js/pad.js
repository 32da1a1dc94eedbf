// The drawing pad: what is drawn is read while the stroke is in progress, and beside it what the network receives.
//
// While the pen moves the bars are asked for on a direct line (quick.js). To Python goes the state "image" (asking.js); from
// Python comes one message a run (pages/ui/canvas/__init__.py). On its channel the pad hears "bars" (a running training
// moves them) and "digit" (a picture sent to it from elsewhere).

import { component, sayWaking } from "./panel.js";
import { openConversation } from "./asking.js";
import { rewoundTo } from "./bus.js";
import { follow } from "./hand.js";
import { openQuick } from "./quick.js";
import { greyText, keep, kept, openDrawing } from "./strokes.js";
import { publishTopics } from "./tick.js";
import { FACE_STYLE, arrangeSamples, configureFace, openFace, pictureOf, showTools } from "./face.js";
import { READING_STYLE, showReading } from "./reading.js";
import { RECEIVED_STYLE, emptyReceived, showReceived } from "./received.js";

const SIDE = 112; // of the picture that Python gets
const BRUSHES = [6, 9, 13]; // widths on it
const PAUSE = 33; // milliseconds between two questions for the bars
const DETAIL_PAUSE = 250; // and for the details
const MEASURING = 600; // until it is asked again how near the drawing is to what was learned
const MOST_SAMPLES = 2000;
const measured = (globalThis.__derin_pad = { answers: 0, samples: [] }); // milliseconds from each move of the pen to the painted bars

const STYLE = `
  .panel { container-type: inline-size; }
  .layout { display: grid; grid-template-columns: minmax(0, 292px) minmax(210px, 1fr); gap: 10px 28px; align-items: start; }
  .hand { display: grid; gap: 8px; min-width: 0; }
  .result { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; min-width: 0; }
  @container (max-width: 479px) { .layout { grid-template-columns: minmax(0, 1fr); gap: 14px; } }
  .compact :is(.result, .samples) { display: none; }
  ${FACE_STYLE}
  ${READING_STYLE}
  ${RECEIVED_STYLE}
`;

export default component(STYLE, (stage) => {
  const pad = openPad(stage);
  stage.onEnd(() => endWaiting(pad));
  stage.onEnd(() => pad.talk.end());
  stage.onEnd(() => pad.lines.forEach((line) => line.end()));
  return { update: (tick, call) => update(pad, tick, call) };
});

function openPad(stage) {
  const pad = { stage, config: null, off: new Set(), brush: 1, busy: false, recalled: false, read: null, answered: 0, samples: null };
  pad.acts = openActs(pad);
  pad.face = openFace(stage.box, pad.acts, BRUSHES);
  pad.drawing = openDrawing([
    pad.face.canvas.getContext("2d"),
    openSmall().getContext("2d", { willReadFrequently: true }),
  ]);
  pad.small = pad.drawing.contexts[1];
  pad.talk = openConversation(() => compose(pad));
  pad.lines = [openBars(pad, false, PAUSE), openBars(pad, true, DETAIL_PAUSE)];
  pad.drawing.repaint();
  follow(pad.face.canvas, pad.face.cursor, pad.acts);
  return pad;
}

// The line for the bars, or that for the details with which they come.
function openBars(pad, detail, pause) {
  return openQuick({
    stage: pad.stage,
    pause,
    compose: () => ({ image: { seq: pad.talk.version, ...compose(pad), detail }, at: rewoundTo(pad.channel) }),
    hear: (tick, version, moves) => hearLine(pad, tick, version, moves),
    lost() {
      for (const line of pad.lines) line.connect(null);
      pad.talk.settle(false, pad.config.details);
      pad.talk.again(0);
    },
  });
}

function openSmall() {
  return Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
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
        ask(pad, event);
      },
      end(event) {
        stroke = null;
        pad.busy = false;
        pad.drawing.repaint(); // without the seams of its pieces
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
      edit(pad, event, (drawing) => drawing.place(pictureOf(pad.samples, index, turn), width, height));
    },
    toggle: (name) => edit(pad, null, () => pad.off.delete(name) || pad.off.add(name)),
    choose(brush) {
      pad.brush = brush;
      showTools(pad);
      remember(pad);
    },
  };
}

function edit(pad, event, act) {
  act(pad.drawing);
  changed(pad, event, true);
  remember(pad);
}

function changed(pad, event, now = false) {
  pad.recalled = false;
  showTools(pad);
  if (pad.drawing.empty) showNothing(pad);
  ask(pad, event, now);
}

function ask({ talk, lines, drawing }, event, now = false) {
  talk.changed(now);
  for (const line of lines) line.changed(talk.version, { move: event?.timeStamp, now, empty: drawing.empty });
}

function remember({ store, drawing, brush, off }) {
  if (store !== undefined) keep(store, { layers: drawing.layers, brush, off: [...off] });
}

function recall(pad) {
  const held = kept(pad.store);
  pad.recalled = true;
  pad.drawing.load(held.layers);
  if (BRUSHES[held.brush]) pad.brush = held.brush;
  pad.off = new Set(Array.isArray(held.off) ? held.off : []);
  // not while mounting: Streamlit may lose what is set then
  if (!pad.drawing.empty) setTimeout(() => ask(pad, null, true), 60);
}

// what goes to Python and comes back

function compose({ drawing, small, off, sampleSet, busy, recalled }) {
  const { empty, strokes } = drawing;
  return { side: SIDE, strokes, empty, pixels: empty ? "" : greyText(small), off: [...off], samples: sampleSet ?? "", busy, recalled };
}

function update(pad, tick, { data, setStateValue }) {
  const { meta, arrays } = tick;
  pad.talk.connect((image) => setStateValue("image", image));
  if (!meta.words || data === pad.shown) return;
  pad.shown = data;
  pad.config = meta;
  pad.stage.box.classList.toggle("compact", meta.compact === true);
  configureFace(pad.face, meta);
  if (arrays.samples) takeSamples(pad, tick);
  if (pad.channel !== meta.channel) begin(pad, meta);
  pad.lines.forEach((line, index) => line.connect(index === 0 || meta.details ? meta.line : null));
  pad.talk.settle(pad.lines[0].open, meta.details);
  listen(pad);
  hear(pad, tick);
}

function takeSamples(pad, { meta, arrays }) {
  Object.assign(pad, { samples: arrays.samples, sampleSet: meta.sample_set });
  arrangeSamples(pad.face, pad.samples, meta, pad.acts.sample);
}

function begin(pad, meta) {
  pad.channel = meta.channel;
  pad.store = meta.store ?? meta.channel;
  pad.talk.continueFrom(meta.seq ?? 0);
  recall(pad);
  showNothing(pad);
  showTools(pad);
}

function listen(pad) {
  const { stage, channel } = pad;
  stage.hear(channel, "bars", (value) => hearBars(pad, value));
  stage.hear(channel, "digit", (value) => hearDigit(pad, value));
}

// A running training reads the drawing anew; while the pen moves its own answers are newer.
function hearBars(pad, { arrays, step, top, seq }) {
  if (pad.drawing.empty || pad.busy || !arrays?.probabilities || (seq !== undefined && pad.talk.versionOf(seq) < pad.answered)) return;
  const note = step == null ? "" : pad.config.words.step.replace("{step}", step.toLocaleString(pad.config.language));
  pad.read = { probabilities: arrays.probabilities, top, note };
  showReading(pad.face.reading, pad.read, pad.config.words.idle);
  for (const asking of [pad.talk, pad.lines[1]]) asking.refresh();
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
  if (meta.seq === undefined || meta.seq === null) return sleeps(meta) ? wait(pad, meta) : showIdle(pad);
  if (meta.topics) publishTopics(meta.channel, tick);
  pad.talk.answered(meta.seq, !sleeps(meta));
  if (sleeps(meta)) return wait(pad, meta);
  endWaiting(pad);
  if (pad.drawing.empty || !arrays.probabilities) return showIdle(pad);
  showAnswer(pad, tick, pad.talk.versionOf(meta.seq));
  showReceived(pad.face.received, tick);
  if (meta.measuring && !pad.lines[0].open) pad.talk.again(MEASURING);
}

function hearLine(pad, tick, version, moves) {
  const { meta, arrays } = tick;
  if (sleeps(meta)) return wait(pad, meta);
  endWaiting(pad);
  if (meta.topics) publishTopics(pad.channel, tick);
  if (pad.drawing.empty || !arrays.probabilities) return showIdle(pad);
  showAnswer(pad, tick, version);
  showReceived(pad.face.received, tick);
  if (moves.length && !arrays.stages) measure(moves);
  if (meta.measuring && !arrays.stages) pad.lines[0].again(MEASURING);
}

// What was asked earlier may be answered later.
function showAnswer(pad, { meta, arrays }, version) {
  if (version < pad.answered) return;
  pad.answered = version;
  pad.read = { probabilities: arrays.probabilities, top: meta.top, note: meta.note, remark: meta.remark };
  showReading(pad.face.reading, pad.read, pad.config.words.idle);
}

function measure(moves) {
  requestAnimationFrame(() => setTimeout(() => {
    const now = performance.now();
    measured.answers += 1;
    measured.samples.push(...moves.map((move) => now - move));
    measured.samples.splice(0, measured.samples.length - MOST_SAMPLES);
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
  const waking = pad.asleep && sayWaking(words, pad.asleep, (performance.now() - pad.asleep.at) / 1000);
  showReading(pad.face.reading, null, waking || words.idle);
}

function sleeps({ waiting }) {
  return typeof waiting === "number";
}

// The engine is waking: say how long, and ask again until it answers.
function wait(pad, { waiting, since }) {
  pad.asleep = { waiting, since, at: performance.now() };
  pad.read = null;
  clearInterval(pad.clock);
  pad.clock = setInterval(() => showIdle(pad), 250);
  showIdle(pad);
  for (const asking of [pad.talk, ...pad.lines]) asking.again(Math.min(1000, Math.max(200, 1000 * waiting)));
}

function endWaiting(pad) {
  clearInterval(pad.clock);
  pad.asleep = null;
}
