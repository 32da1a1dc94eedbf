// The hand on the plane: looking, picking a point, and putting own points, with mouse, pen, finger or keys.

const STEP = 0.25;  // how far an arrow key moves; with Shift a fifth of it
const APART = 0.35; // between two points of one pull

// `acts` are hover(at or null), pick(at), put(points, done), undo(), clear(), choose(tool); `state.tool` is null while
// looking, or the class of the points to put; `frame()` tells where numbers are on the canvas.
export function followPlane(canvas, state, frame, acts) {
  let pulled = null;
  const where = ({ clientX, clientY }) => {
    const [box, now] = [canvas.getBoundingClientRect(), frame()];
    return now && [now.across(clientX - box.left), now.up(clientY - box.top)];
  };
  canvas.onpointerdown = (event) => {
    const at = where(event);
    if (event.button !== 0 || !at || !inside(at, state.edge)) return;
    canvas.focus({ preventScroll: true, focusVisible: false });
    state.keyAt = null;
    if (state.tool === null) return acts.pick(at);
    canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    pulled = [[...at, state.tool]];
    acts.put(pulled, false);
  };
  canvas.onpointermove = (event) => {
    const at = where(event);
    if (!at) return;
    if (pulled && inside(at, state.edge) && distance(pulled.at(-1), at) > APART) acts.put((pulled = [...pulled, [...at, state.tool]]), false);
    acts.hover(inside(at, state.edge) ? at : null);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (pulled) acts.put(pulled, true);
    pulled = null;
  };
  canvas.onpointerleave = () => state.keyAt ?? acts.hover(null);
  canvas.onblur = () => { state.keyAt = null; acts.hover(null); };
  canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !press(event, state, acts)) return;
    event.preventDefault();
    event.stopPropagation();
  };
}

const inside = ([x, y], edge) => Math.abs(x) <= edge && Math.abs(y) <= edge;
const distance = ([x, y], [x2, y2]) => Math.hypot(x - x2, y - y2);

function press(event, state, acts) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
  if (way) {
    const step = event.shiftKey ? STEP / 5 : STEP;
    const limit = (value) => Math.min(Math.max(value, -state.edge), state.edge);
    state.keyAt = (state.keyAt ?? [0, 0]).map((value, axis) => limit(value + step * way[axis]));
    acts.hover(state.keyAt);
  } else if (event.key === " " || event.key === "Enter") {
    const at = (state.keyAt ??= [0, 0]);
    if (state.tool === null) acts.pick(at);
    else acts.put([[...at, state.tool]], true);
  } else if (/^[0-9]$/.test(event.key) && Number(event.key) <= state.tools) acts.choose(event.key === "0" ? null : Number(event.key) - 1);
  else if (event.key.toLowerCase() === "z") acts.undo();
  else if (event.key === "Delete" || event.key === "Backspace") acts.clear();
  else return false;
  return true;
}
