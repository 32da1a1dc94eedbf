// The conversation of a pad with Python: the newest drawing only, one question on its way at a time.
//
// A question is quick (the class scores) or also asks for details (the stages, what each step is good for, the nearest
// training digits). Details follow the quick answer, a few times a second, and always once the pen rests. Where direct
// lines answer both (quick.js), Python is only told the drawing, now and then and always once the pen rests.

const PAUSE = 65; // milliseconds between two questions
const DETAIL_PAUSE = 250;
const LINED_PAUSE = 900;
const REFRESH_PAUSE = 1500;
const PATIENCE = 1500; // an answer that takes longer was lost
const MOST_TRIES = 3;

// `compose()` returns what to send of the drawing as it is now.
export function openConversation(compose) {
  const talk = { send: null, seq: 0, flying: null, sent: -Infinity, timer: 0, retry: 0, refreshing: 0, tries: 0 };
  const drawing = { version: 0, detailed: 0, asked: 0, detailAt: -Infinity }; // versions, and a time
  const way = { lined: false, details: true, pause: DETAIL_PAUSE };
  const versions = new Map(); // by the number under which they were sent

  function go() {
    clearTimeout(talk.timer);
    const now = performance.now();
    if (talk.flying) return wait(talk.flying.until - now, now);
    if (!way.lined && drawing.asked < drawing.version) return after(talk.sent + PAUSE - now, false);
    if (drawing.detailed < drawing.version) after(drawing.detailAt + way.pause - now, true);
  }

  function wait(left) {
    if (left > 0) return void (talk.timer = setTimeout(go, left));
    talk.flying = null;
    drawing.asked = drawing.detailed = drawing.version - 1;
    if (++talk.tries < MOST_TRIES) go();
  }

  function after(left, detail) {
    if (left > 0) talk.timer = setTimeout(go, left);
    else ask(detail);
  }

  function ask(detail) {
    const question = compose();
    if (!talk.send) return;
    talk.seq += 1;
    talk.sent = performance.now();
    talk.flying = { seq: talk.seq, until: talk.sent + PATIENCE };
    drawing.asked = drawing.version;
    if (detail || question.empty) drawing.detailed = drawing.version;
    if (detail) drawing.detailAt = talk.sent;
    versions.set(talk.seq, drawing.version);
    talk.send({ seq: talk.seq, ...question, detail: detail && way.details });
    clearTimeout(talk.timer);
    talk.timer = setTimeout(go, PATIENCE);
  }

  return {
    connect(send) { talk.send = send; },
    // Whether lines answer, and whether there are details at all.
    settle(lined, details) {
      Object.assign(way, { lined, details: details && !lined, pause: lined ? LINED_PAUSE : DETAIL_PAUSE });
    },
    get seq() { return talk.seq; },
    get version() { return drawing.version; },
    // Numbers go on where an earlier life of the pad (another page, the same session) stopped.
    continueFrom(seq) { talk.seq = Math.max(talk.seq, seq); },
    // The drawing has changed; `now` skips the pause.
    changed(now = false) {
      drawing.version += 1;
      talk.tries = 0;
      if (now) talk.sent = -Infinity;
      if (now && way.lined) drawing.detailAt = -Infinity;
      go();
    },
    // Ask again, for what was answered is not the answer (the engine was waking).
    again(pause) {
      clearTimeout(talk.retry);
      talk.retry = setTimeout(() => {
        drawing.asked = drawing.detailed = drawing.version - 1;
        go();
      }, pause);
    },
    // The network has changed: ask for the details anew, now and then and once it rests.
    refresh() {
      clearTimeout(talk.refreshing);
      if (way.lined) return;
      talk.refreshing = setTimeout(() => {
        drawing.detailed = Math.min(drawing.detailed, drawing.version - 1);
        go();
      }, Math.max(300, drawing.detailAt + REFRESH_PAUSE - performance.now()));
    },
    // Python answered (nothing useful while the engine wakes).
    answered(seq, useful = true) {
      for (const older of versions.keys()) if (older < seq) versions.delete(older);
      if (talk.flying?.seq !== seq) return;
      talk.flying = null;
      talk.tries = 0;
      // details come right after a quick answer, also while the pen moves, and before the next quick question
      if (!way.lined && useful && performance.now() > drawing.detailAt + DETAIL_PAUSE && drawing.detailed < drawing.asked) ask(true);
      else if (useful || drawing.asked < drawing.version) go();
    },
    // Returns the version of the drawing that was sent under a number.
    versionOf(seq) { return versions.get(seq) ?? 0; },
    end() {
      clearTimeout(talk.timer);
      clearTimeout(talk.retry);
      clearTimeout(talk.refreshing);
      talk.send = null;
    },
  };
}
