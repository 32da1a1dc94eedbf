// The quick questions of a pad: the newest drawing only, one question on its way at a time, on a direct line.

import { ask } from "./line.js";

const PAUSE = 33; // milliseconds between two questions
const AGAIN = 150; // until a question that was not answered is asked again
const PATIENCE = 1500; // an answer that takes longer was lost

// `compose()` returns the question, `hear(tick, version, moves)` gets its answer with the version of the drawing and the
// times of the moves that came into it; after `lost()` the line is not used any more.
export function openQuick({ compose, hear, lost }) {
  const state = { address: null, bad: null, version: 0, asked: 0, flying: false, sent: -Infinity, timer: 0 };
  let moves = [];

  function go() {
    clearTimeout(state.timer);
    if (!state.address || state.flying || state.asked >= state.version) return;
    const left = state.sent + PAUSE - performance.now();
    if (left > 0) state.timer = setTimeout(go, left);
    else send(state.address);
  }

  async function send(address) {
    const [version, mine] = [state.version, moves];
    moves = [];
    Object.assign(state, { asked: version, sent: performance.now(), flying: true });
    const tick = await ask(address, compose(), PATIENCE).catch(() => null);
    state.flying = false;
    if (state.address !== address) return go();
    if (!tick) return fail();
    if (tick.meta.again) return again(AGAIN);
    hear(tick, version, mine);
    go();
  }

  function fail() {
    [state.bad, state.address] = [state.address, null];
    lost();
  }

  function again(pause) {
    clearTimeout(state.timer);
    state.asked = Math.min(state.asked, state.version - 1);
    state.timer = setTimeout(go, pause);
  }

  return {
    again,
    get open() { return state.address !== null; },
    connect(address) {
      state.address = address && address !== state.bad ? address : null;
      go();
    },
    // The drawing has changed, by a move at a time (0: by none); `now` skips the pause, an empty one is not asked about.
    changed(version, { move = 0, now = false, empty = false } = {}) {
      state.version = version;
      if (empty) [state.asked, moves] = [version, []];
      else if (move) moves.push(move);
      if (now) state.sent = -Infinity;
      go();
    },
    end() {
      clearTimeout(state.timer);
      state.address = null;
    },
  };
}
