// The notice board of a page: panels publish and subscribe by channel and topic; a late subscriber gets the last value.
//
// A value that carries `view` shows the network at one moment: view "live" as it is now, view "snapshot" as it was at
// the step the page is rewound to. Here, and only here, is decided which of the two is seen: while a channel is
// rewound, live values are held back (the last of each topic is kept and shown on return) and while it is live, late
// snapshot values are dropped. Values without `view` (curves, snapshots, state) concern the whole run and always pass.
//
// A channel that nobody listens to keeps its last values, so that a page one comes back to is not empty; of such
// channels the newest eight are kept. The board hangs on the window, so that copies of this module
// loaded under different addresses share it.

const MOST_IDLE_CHANNELS = 8;
const board = (globalThis[Symbol.for("derin.bus")] ??= new Map());

export function publish(channel, topic, value) {
  const place = open(channel);
  if (value?.view === "live") {
    place.held.set(topic, value);
    if (place.step !== null) return;
  }
  if (value?.view === "snapshot" && place.step === null) return;
  deliver(place, topic, value);
}

// Call `hear` with each value of a topic, the last one at once; returns the function that ends it.
export function subscribe(channel, topic, hear) {
  const place = open(channel);
  if (!place.listeners.has(topic)) place.listeners.set(topic, new Set());
  place.listeners.get(topic).add(hear);
  if (place.values.has(topic)) call(hear, place.values.get(topic));
  return () => leave(channel, topic, hear);
}

export function last(channel, topic) {
  return board.get(channel)?.values.get(topic);
}

// Show the page at a step (a snapshot), or live again with null; panels hear it as topic "moment" {step}.
export function rewindTo(channel, step) {
  const place = open(channel);
  if (place.step === step) return;
  place.step = step;
  deliver(place, "moment", { step });
  if (step === null) for (const [topic, value] of [...place.held]) deliver(place, topic, value);
}

export function rewoundTo(channel) {
  return board.get(channel)?.step ?? null;
}

// Forget what was published on a channel (another run begins); subscribers stay.
export function clear(channel) {
  const place = board.get(channel);
  if (!place) return;
  place.values.clear();
  place.held.clear();
  place.step = null;
}

function open(channel) {
  if (!board.has(channel)) {
    board.set(channel, { values: new Map(), held: new Map(), listeners: new Map(), step: null });
    forgetIdle(channel);
  }
  return board.get(channel);
}

function forgetIdle(except) {
  const idle = [...board].filter(([name, place]) => name !== except && !place.listeners.size).map(([name]) => name);
  for (const name of idle.slice(0, Math.max(0, idle.length - MOST_IDLE_CHANNELS))) board.delete(name);
}

function leave(channel, topic, hear) {
  const place = board.get(channel);
  const listeners = place?.listeners.get(topic);
  if (!listeners?.delete(hear)) return;
  if (!listeners.size) place.listeners.delete(topic);
}

function deliver(place, topic, value) {
  place.values.set(topic, value);
  for (const hear of [...(place.listeners.get(topic) ?? [])]) call(hear, value);
}

function call(hear, value) {
  try {
    hear(value);
  } catch (error) {
    console.error("A panel could not show what it was told.", error);
  }
}
