// The hand on a pad: mouse, pen and touch draw strokes; keys move a cursor, draw, undo, clear and place samples.

const STEP = 1 / 28; // how far an arrow key moves; with Shift a quarter of it

// `acts` are what can be done: draw.begin/extend/end(at, event), undo(), clear(), sample(class).
export function follow(canvas, cursor, acts) {
  followPointer(canvas, acts);
  followKeys(canvas, cursor, acts);
}

function followPointer(canvas, { draw }) {
  let pointer = null;
  canvas.onpointerdown = (event) => {
    if (pointer !== null || event.button !== 0) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    canvas.focus({ preventScroll: true, focusVisible: false });
    event.preventDefault();
    draw.begin(place(canvas, event), event);
  };
  canvas.onpointermove = (event) => {
    if (event.pointerId !== pointer) return;
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) draw.extend(place(canvas, move), move);
  };
  canvas.onpointerup = canvas.onpointercancel = canvas.onlostpointercapture = (event) => {
    if (event.pointerId !== pointer) return;
    pointer = null;
    draw.end(event);
  };
}

function place(canvas, { clientX, clientY }) {
  const box = canvas.getBoundingClientRect();
  return [(clientX - box.left) / box.width, (clientY - box.top) / box.height].map((share) => Math.min(Math.max(share, 0), 1));
}

function followKeys(canvas, cursor, acts) {
  const state = { at: [0.5, 0.3], down: false };
  const show = () => {
    cursor.style.left = `${100 * state.at[0]}%`;
    cursor.style.top = `${100 * state.at[1]}%`;
    cursor.classList.toggle("down", state.down);
  };
  const lift = (event) => {
    if (state.down) acts.draw.end(event);
    state.down = false;
    show();
  };
  canvas.addEventListener("pointerdown", (event) => { lift(event); cursor.hidden = true; });
  canvas.onblur = (event) => { lift(event); cursor.hidden = true; };
  canvas.onkeydown = (event) => {
    if (event.altKey || ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() !== "z")) return;
    if (!press(event, state, acts, lift)) return;
    cursor.hidden = false;
    show();
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
  };
  show();
}

function press(event, state, { draw, undo, clear, sample }, lift) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  const acts = {
    " ": () => (state.down ? lift(event) : ((state.down = true), draw.begin(state.at, event))),
    z: () => (lift(event), undo(event)),
    delete: () => (lift(event), clear(event)),
    backspace: () => (lift(event), clear(event)),
  };
  if (way) move(event, state, way, draw);
  else if (/^[0-9]$/.test(event.key)) lift(event), sample(Number(event.key), event);
  else if (event.key === " " && event.repeat) return true;
  else if (event.key.toLowerCase() in acts) acts[event.key.toLowerCase()]();
  else return false;
  return true;
}

function move(event, state, way, draw) {
  const step = event.shiftKey ? STEP / 4 : STEP;
  state.at = state.at.map((share, axis) => Math.min(Math.max(share + step * way[axis], 0), 1));
  if (state.down) draw.extend(state.at, event);
}
