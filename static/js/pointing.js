// The time step (with unit, cell and layer) that all pictures of a sequence mark: topic "at" of a channel's board.
//
// Pointing shows a place for as long as one points; pinning keeps it, and what was pinned last comes back on release.
// A step of null is the last one of whatever sequence is shown.

import { last, publish } from "./bus.js";

const NOWHERE = { cell: null, layer: 0, step: null, unit: 0 };

export const here = (channel) => last(channel, "at") ?? NOWHERE;

export function point(channel, place) {
  tell(channel, { ...here(channel), ...place });
}

export function pin(channel, place) {
  const { cell, layer, step, unit } = { ...here(channel), ...place };
  tell(channel, { cell, layer, step, unit, pin: { cell, layer, step, unit } });
}

export function release(channel) {
  const { pin: kept } = here(channel);
  if (kept) tell(channel, { ...kept, pin: kept });
  else tell(channel, { ...here(channel), step: null });
}

export const stepOf = ({ step }, count) => Math.max(0, Math.min(step ?? count - 1, count - 1));

// A place as one text, and back; Python reads the same.
export const write = ({ cell, layer, step, unit }) => [cell ?? "", layer, step ?? "", unit].join("/");

function tell(channel, place) {
  const old = here(channel);
  if (write(old) !== write(place) || write(old.pin ?? NOWHERE) !== write(place.pin ?? NOWHERE)) publish(channel, "at", place);
}

// Follow mouse, pen, finger and keys over a picture of a sequence. `acts` has read(x, y), which returns a place or null,
// and step(across, down), which returns the place that lies so many steps and units further.
export function follow(canvas, channel, acts) {
  const at = (event) => acts.read(event.offsetX, event.offsetY);
  canvas.onpointermove = (event) => {
    const place = at(event);
    if (!place) return;
    if (event.pointerType === "touch") pin(channel(), place);
    else point(channel(), place);
  };
  canvas.onpointerdown = (event) => {
    const place = at(event);
    if (place) pin(channel(), place);
  };
  canvas.onpointerleave = (event) => event.pointerType !== "touch" && release(channel());
  canvas.onkeydown = (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-Infinity, 0], End: [Infinity, 0] }[event.key];
    if (!way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    pin(channel(), acts.step(...way));
  };
}
