// A line to Python for values that change quickly: the newest only, at most every 80 ms, one on its way at a time.

const PAUSE = 80;
const PATIENCE = 1500;

export function line(pause = PAUSE, patience = PATIENCE) {
  const state = { send: null, waiting: undefined, flying: undefined, since: -Infinity, timer: 0 };

  function go() {
    clearTimeout(state.timer);
    if (state.waiting === undefined || !state.send) return;
    const now = performance.now();
    const free = state.flying === undefined ? state.since + pause : state.since + patience;
    if (now < free) return void (state.timer = setTimeout(go, free - now));
    [state.flying, state.waiting, state.since] = [state.waiting, undefined, now];
    state.send(state.flying);
  }

  return {
    connect(send) { state.send = send; },
    send(value) { state.waiting = value; go(); },
    flush: go,
    // Python has seen a value; the next one may go.
    answered(value) {
      if (state.flying !== undefined && state.flying === (value ?? null)) state.flying = undefined;
      go();
    },
    end() { clearTimeout(state.timer); state.send = null; },
  };
}
