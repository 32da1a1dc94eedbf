// The conversation of a pad with Python: the newest drawing only, one question on its way at a time.
//
// A question is quick (the class scores) or also asks for details (the stages, what each step is good for, the nearest
// training digits). Details follow the quick answer, at most four times a second, and always once the pen rests.

const PAUSE = 65; // milliseconds between two questions
const DETAIL_PAUSE = 250;
const REFRESH_PAUSE = 1500;
const PATIENCE = 1500; // an answer that takes longer was lost
const MOST_TRIES = 3;

// `compose()` returns what to send of the drawing as it is now.
export function openConversation(compose) {
  const talk = { send: null, seq: 0, flying: null, sent: -Infinity, timer: 0, retry: 0, refreshing: 0, tries: 0 };
  const drawing = { version: 0, event: 0, detailed: 0, asked: 0, detailAt: -Infinity }; // versions, and times
  const events = new Map();

  function go() {
    clearTimeout(talk.timer);
    const now = performance.now();
    if (talk.flying) return wait(talk.flying.until - now, now);
    if (drawing.asked < drawing.version) return after(talk.sent + PAUSE - now, false);
    if (drawing.detailed < drawing.version) after(drawing.detailAt + DETAIL_PAUSE - now, true);
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
    talk.flying = { seq: talk.seq, version: drawing.version, detail, until: talk.sent + PATIENCE };
    drawing.asked = drawing.version;
    if (detail || question.empty) drawing.detailed = drawing.version;
    if (detail) drawing.detailAt = talk.sent;
    if (drawing.event) events.set(talk.seq, drawing.event);
    drawing.event = 0;
    talk.send({ seq: talk.seq, ...question, detail });
    clearTimeout(talk.timer);
    talk.timer = setTimeout(go, PATIENCE);
  }

  return {
    connect(send) { talk.send = send; },
    get seq() { return talk.seq; },
    // Numbers go on where an earlier life of the pad (another page, the same session) stopped.
    continueFrom(seq) { talk.seq = Math.max(talk.seq, seq); },
    // The drawing has changed, by an event at a time; `now` skips the pause.
    changed(event = 0, now = false) {
      Object.assign(drawing, { version: drawing.version + 1, event: event || drawing.event });
      talk.tries = 0;
      if (now) talk.sent = -Infinity;
      go();
    },
    // Ask again, for what was answered is not the answer (the engine was waking).
    again(pause) {
      clearTimeout(talk.retry);
      talk.retry = setTimeout(() => this.changed(0, true), pause);
    },
    // The network has changed: ask for the details anew, now and then and once it rests.
    refresh() {
      clearTimeout(talk.refreshing);
      talk.refreshing = setTimeout(() => {
        drawing.detailed = Math.min(drawing.detailed, drawing.version - 1);
        go();
      }, Math.max(300, drawing.detailAt + REFRESH_PAUSE - performance.now()));
    },
    // Python answered (nothing useful while the engine wakes); returns the time of the event whose ink was sent.
    answered(seq, useful = true) {
      if (talk.flying?.seq === seq) {
        talk.flying = null;
        talk.tries = 0;
        // details come right after a quick answer, also while the pen moves, and before the next quick question
        if (useful && performance.now() > drawing.detailAt + DETAIL_PAUSE && drawing.detailed < drawing.asked) ask(true);
        else if (useful || drawing.asked < drawing.version) go();
      }
      const event = events.get(seq);
      for (const older of events.keys()) if (older <= seq) events.delete(older);
      return event;
    },
    end() {
      clearTimeout(talk.timer);
      clearTimeout(talk.retry);
      clearTimeout(talk.refreshing);
      talk.send = null;
    },
  };
}
