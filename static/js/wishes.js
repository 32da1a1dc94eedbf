// What a visitor asks of Python, in order and each at least once: a value that a newer one overtakes on its way to
// Python is lost, so all that has not been answered is sent again with the next.

const PAUSE = 60;      // milliseconds between two sendings
const PATIENCE = 2500; // after which what was not answered is sent again

// `wish({do, ...}, key)`: of several unanswered wishes with one key the newest counts.
export function openWishes(pause = PAUSE, patience = PATIENCE) {
  const state = { send: null, seq: 0, open: [], since: -Infinity, timer: 0, sentUpTo: 0 };

  function go() {
    clearTimeout(state.timer);
    if (!state.open.length || !state.send) return;
    const now = performance.now();
    const fresh = state.open.at(-1).seq > state.sentUpTo;
    const free = state.since + (fresh ? pause : patience);
    if (now < free) return void (state.timer = setTimeout(go, free - now));
    state.since = now;
    state.sentUpTo = state.open.at(-1).seq;
    state.send(state.open.map(({ key: _key, ...wish }) => wish));
    state.timer = setTimeout(go, patience);
  }

  return {
    connect(send) { state.send = send; },
    wish(what, key = null) {
      state.seq += 1;
      state.open = [...state.open.filter((one) => key === null || one.key !== key), { seq: state.seq, ...what, key }];
      go();
      return state.seq;
    },
    // Python has granted or refused everything up to `seq`; numbers go on where an earlier life of the panel stopped.
    answered(seq) {
      state.open = state.open.filter((one) => one.seq > seq);
      state.seq = Math.max(state.seq, seq);
      go();
    },
    waits: (key) => state.open.some((one) => one.key === key),
    get waiting() { return state.open.length > 0; },
    end() { clearTimeout(state.timer); state.send = null; },
  };
}
