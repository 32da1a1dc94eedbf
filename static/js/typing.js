// What is typed into the text fields of a page, answered on a direct line at once: the page's script follows when one
// pauses. One question is on its way at a time, and the newest text is asked for last.

import { ask } from "./line.js";

const PATIENCE = 6000;

// `fields()` returns the class of each field's place by its name; `address()` the line; `take(tick)` gets what is answered.
export function watchTyping(stage, fields, address, take) {
  const state = { busy: false, waiting: null };

  async function send(typed) {
    if (state.busy) return void (state.waiting = typed);
    state.busy = true;
    const tick = await ask(address(), { view: "typed", ...typed }, PATIENCE, stage).catch(() => null);
    state.busy = false;
    if (tick) take(tick);
    const next = state.waiting;
    state.waiting = null;
    if (next && next.text !== typed.text) send(next);
  }

  const hear = ({ target }) => {
    const [field] = Object.entries(fields() ?? {}).find(([, place]) => target?.closest?.(`.${place}`)) ?? [];
    if (field) send({ field, text: target.value });
  };
  document.addEventListener("input", hear);
  stage.onEnd(() => document.removeEventListener("input", hear));
}
