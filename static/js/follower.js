// Looks at a run again and again on a direct line; what more than panels have to show is left to the page's script.

import { rewoundTo } from "./bus.js";
import { ask } from "./line.js";

const PATIENCE = 5000; // milliseconds
const AGAIN = 2000; // until the script is asked once more
const WITHOUT = 3; // times slower where the script has to look, because the line does not answer

// `take(tick)` gets what is seen.
export function openFollower(stage, take) {
  const state = { meta: {}, known: {}, trigger: null, asked: null, askedAt: 0, life: 0, timer: 0 };

  function plan(every) {
    clearTimeout(state.timer);
    if (every && state.meta.line) state.timer = setTimeout(look, 1000 * every);
  }

  async function look() {
    const { life, meta } = state;
    const question = { known: state.known, at: rewoundTo(meta.channel) };
    const tick = await ask(meta.line, question, PATIENCE, stage).catch(() => null);
    if (life !== state.life) return; // the script has drawn the page anew since
    if (!tick) return turn("lost", WITHOUT * (meta.every ?? 1));
    Object.assign(state.known, tick.meta.known);
    take(tick);
    if (tick.meta.mark !== meta.mark) turn(tick.meta.mark, tick.meta.every);
    else plan(tick.meta.every);
  }

  // Have the script run: it draws the page anew, and the panel begins again.
  function turn(mark, every) {
    const now = performance.now();
    plan(every);
    if (mark === state.asked && now < state.askedAt + AGAIN) return;
    Object.assign(state, { asked: mark, askedAt: now });
    state.trigger?.("changed", mark);
  }

  return {
    begin(meta, trigger) {
      state.life += 1;
      Object.assign(state, { meta, trigger });
      Object.assign(state.known, meta.known);
      plan(meta.every);
    },
    end() {
      state.life += 1;
      clearTimeout(state.timer);
    },
  };
}
