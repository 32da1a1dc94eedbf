// One message from Python: uint32 header length, JSON header {meta, arrays}, then the arrays' bytes (pages/ui/live.py).

import { last, publish } from "./bus.js";

const KINDS = { float32: Float32Array, uint8: Uint8Array, uint32: Uint32Array };

// Returns {meta, arrays}; each array is a typed array with its `shape`.
export function decode(bytes) {
  if (!bytes?.byteLength) return { meta: {}, arrays: {} };
  const own = bytes.slice();
  const length = new DataView(own.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(own.subarray(4, 4 + length)));
  const arrays = {};
  for (const [name, [kind, shape, offset]] of Object.entries(header.arrays)) {
    const size = shape.reduce((product, side) => product * side, 1);
    arrays[name] = Object.assign(new KINDS[kind](own.buffer, offset, size), { shape });
  }
  return { meta: header.meta, arrays };
}

// Returns the value of one topic as panels receive it: its own fields and `arrays` under their short names.
export function pick(tick, topic) {
  const { arrays: names = [], ...fields } = tick.meta.topics?.[topic] ?? {};
  return { ...fields, arrays: Object.fromEntries(names.map((name) => [name, tick.arrays[`${topic}.${name}`]])) };
}

// Python sends a topic more than once, in case a message is overtaken by the next; `sent` tells which is which.
export function publishTopics(channel, tick) {
  for (const [topic, { sent }] of Object.entries(tick.meta.topics ?? {})) {
    if (sent === undefined || sent !== last(channel, topic)?.sent) publish(channel, topic, pick(tick, topic));
  }
}
