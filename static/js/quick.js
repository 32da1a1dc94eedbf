// Questions about what stands on a pad, on a direct line: the newest drawing only, one question on its way at a time.

import { ask } from "./line.js";

const AGAIN = 150; // milliseconds until a question that was not answered is asked again
const REFRESH = 1500; // between two answers to the same drawing, where the network learns
const PATIENCE = 1500; // an answer that takes longer was lost

// At least `pause` milliseconds lie between two questions. `compose()` returns one, `hear(tick, version, moves)` gets the
// answer with the drawing's version and the times of the moves that came into it; after `lost()` the line is not used.
export function openQuick({ stage, pause, compose, hear, lost }) {
  const state = { address: null, bad: null, version: 0, asked: 0, flying: false, sent: -Infinity, timer: 0 };
  let moves = [];

  function go() {
    clearTimeout(state.timer);
    if (!state.address || state.flying || state.asked >= state.version) return;
    const left = state.sent + pause - performance.now();
    if (left > 0) state.timer = setTimeout(go, left);
    else send(state.address);
  }

  async function send(address) {
    const [version, mine] = [state.version, moves];
    moves = [];
    Object.assign(state, { asked: version, sent: performance.now(), flying: true });
    const tick = await ask(address, compose(), PATIENCE, stage).catch(() => null);
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

  function again(left) {
    clearTimeout(state.timer);
    state.asked = Math.min(state.asked, state.version - 1);
    state.timer = setTimeout(go, left);
  }

  return {
    again,
    // The network has changed: ask anew, now and then.
    refresh: () => state.asked && again(Math.max(50, state.sent + REFRESH - performance.now())),
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
