// What is typed into a text field of the page, answered on a direct line at once: the page's script follows when one
// pauses. One question is on its way at a time, and the newest text is asked for last.

import { ask } from "./line.js";

const PATIENCE = 6000;

// `place()` returns the class of the field's place; `address()` the line; `take(tick)` gets what is answered.
export function watchTyping(stage, place, address, take) {
  const state = { busy: false, waiting: null };

  async function send(text) {
    if (state.busy) return void (state.waiting = text);
    state.busy = true;
    const tick = await ask(address(), { view: "typed", text }, PATIENCE).catch(() => null);
    state.busy = false;
    if (tick) take(tick);
    const next = state.waiting;
    state.waiting = null;
    if (next !== null && next !== text) send(next);
  }

  const hear = ({ target }) => place() && target?.closest?.(`.${place()}`) && send(target.value);
  document.addEventListener("input", hear);
  stage.onEnd(() => document.removeEventListener("input", hear));
}
