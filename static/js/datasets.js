// The data sets as small pictures of their points; a click or the arrow keys choose one.

const version = new URL(import.meta.url).search;
const { component, make, mark } = await import(`./panel.js${version}`);
const { classColours, valueColour } = await import(`./surface.js${version}`);

const STYLE = `
  .sets { display: grid; gap: 5px; }
  .row { display: grid; grid-template-columns: repeat(auto-fill, minmax(44px, 1fr)); gap: 5px 4px; }
  .rows { display: grid; grid-template-columns: 1fr 1fr; gap: 5px 10px; }
  .word { font-size: 11px; line-height: 14px; color: var(--st-gray-text-color); }
  .set { padding: 0; border: 0; background: none; cursor: pointer; color: var(--st-gray-text-color); font: 10.5px/14px var(--st-font); min-width: 0; border-radius: 6px; }
  .set canvas { width: 100%; aspect-ratio: 1; border-radius: 6px; border: 1px solid var(--st-border-color); background: var(--ground); }
  .set span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: center; }
  .set:hover canvas { border-color: var(--st-gray-text-color); }
  .set[aria-checked=true] { color: var(--st-text-color); font-weight: 600; }
  .set[aria-checked=true] canvas { border-color: var(--st-primary-color); box-shadow: 0 0 0 1.5px var(--st-primary-color); }
`;
const SIDE = 88; // pixels of a picture before it is fitted

export default component(STYLE, (stage) => {
  const box = make("div", "sets", { attributes: { role: "radiogroup" } });
  stage.box.replaceChildren(box);
  const view = { stage, box, meta: null, arrays: null, buttons: new Map(), built: "", seq: 0, choose: null };
  return {
    update({ meta, arrays }, { setStateValue }) {
      Object.assign(view, { meta, arrays, seq: Math.max(view.seq, meta.seq) });
      view.choose = (name) => setStateValue("chosen", { seq: (view.seq += 1), name });
      build(view);
    },
    draw: () => view.meta && draw(view),
  };
});

function build(view) {
  const { meta, box, buttons } = view;
  mark(box, "aria-label", meta.label);
  const key = JSON.stringify([meta.groups, meta.names]);
  if (view.built === key) return;
  view.built = key;
  buttons.clear();
  const parts = meta.groups.map(({ title, names }, at) => {
    const part = make("div");
    const row = make("div", "row");
    row.append(...names.map((name) => openSet(view, name)));
    if (at) part.append(make("div", "word", { text: title }));
    part.append(row);
    return part;
  });
  const rest = make("div", "rows");
  rest.append(...parts.slice(1));
  box.replaceChildren(parts[0], rest);
}

function openSet(view, name) {
  const button = make("button", "set", { type: "button", attributes: { role: "radio" } });
  const canvas = button.appendChild(make("canvas", "", { width: SIDE, height: SIDE }));
  button.append(make("span", "", { text: view.meta.names[name] }));
  button.title = view.meta.names[name];
  button.onclick = () => view.choose(name);
  button.onkeydown = (event) => step(event, view, name);
  view.buttons.set(name, { button, canvas });
  return button;
}

function step(event, view, name) {
  const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (!way) return;
  event.preventDefault();
  event.stopPropagation();
  const names = [...view.buttons.keys()];
  const next = names[(names.indexOf(name) + way + names.length) % names.length];
  view.buttons.get(next).button.focus();
  view.choose(next);
}

function draw({ meta, arrays, buttons, stage: { theme } }) {
  for (const [name, { button, canvas }] of buttons) {
    mark(button, "aria-checked", name === meta.chosen);
    button.tabIndex = name === meta.chosen ? 0 : -1;
    button.style.setProperty("--ground", theme.background);
    paint(canvas.getContext("2d"), arrays[name], meta.numbers.includes(name) ? valueColour(theme) : byClass(theme), meta.edge);
  }
}

function byClass(theme) {
  const colours = classColours(theme, 5);
  return (label) => colours[label] ?? theme.grey;
}

function paint(painter, points, colourOf, edge) {
  painter.clearRect(0, 0, SIDE, SIDE);
  if (!points.shape[0]) return plus(painter, colourOf(-1));
  for (let at = 0; at < points.shape[0]; at++) {
    painter.fillStyle = colourOf(points[3 * at + 2]);
    painter.beginPath();
    painter.arc(SIDE * (0.5 + points[3 * at] / (2.15 * edge)), SIDE * (0.5 - points[3 * at + 1] / (2.15 * edge)), 2.6, 0, 2 * Math.PI);
    painter.fill();
  }
}

// Nothing there yet: a place to put something.
function plus(painter, colour) {
  Object.assign(painter, { strokeStyle: colour, lineWidth: 3, lineCap: "round" });
  painter.beginPath();
  for (const [dx, dy] of [[10, 0], [0, 10]]) {
    painter.moveTo(SIDE / 2 - dx, SIDE / 2 - dy);
    painter.lineTo(SIDE / 2 + dx, SIDE / 2 + dy);
  }
  painter.stroke();
}
