// Attacks on a picture: a slider for ε, and for each attack the picture that came out, what was added, and what the
// network reads in it; below, the probability of the class it should read over all ε (pages/ui/attacks.py).

const version = new URL(import.meta.url).search;
const { component, fill, fit, make, mark, say } = await import(`./panel.js${version}`);
const { crisp, line } = await import(`./plot.js${version}`);
const { drawCurve, openFrame } = await import(`./shares.js${version}`);
const { drawMap, drawPicture } = await import(`./mapcell.js${version}`);

const KINDS = ["fgsm", "pgd"];
const STYLE = `
  .panel { container-type: inline-size; display: grid; gap: 12px; max-width: 980px; }
  .slide { display: grid; grid-template-columns: auto minmax(120px, 1fr) 9ch; gap: 12px; align-items: center; }
  .slide output { text-align: right; }
  input { width: 100%; accent-color: var(--st-primary-color); }
  .parts { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.6fr) minmax(0, 1.6fr); gap: 24px; align-items: start; }
  .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 8px; margin-top: 4px; }
  .single { margin-top: 4px; }
  figure { margin: 0; min-width: 0; }
  figure canvas, .single canvas { width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 6px; }
  figcaption { font-size: 11.5px; line-height: 16px; color: var(--st-gray-text-color); }
  .read { font-weight: 600; line-height: 20px; min-height: 20px; }
  .fooled { color: var(--st-orange-text-color); }
  .chart { width: 100%; height: 130px; }
  .keys { gap: 0 12px; flex-wrap: wrap; }
  .key { display: inline-flex; align-items: center; gap: 5px; font-size: 12px; color: var(--st-gray-text-color); }
  .key i { width: 12px; border-top: 2px solid; }
  @container (max-width: 620px) { .parts { grid-template-columns: minmax(0, 1fr); } .single { width: 48%; } }
`;

export default component(STYLE, (stage) => {
  const view = openView(stage);
  return {
    update(tick) {
      if (!tick.meta.words) return;
      view.tick = tick;
      const last = tick.arrays.epsilons.length - 1;
      if (view.count !== last) {
        view.count = last;
        Object.assign(view.slider, { min: 0, max: last, step: 1 });
        view.slider.value = tick.meta.start;
      }
    },
    draw() { if (view.tick) draw(view); },
  };
});

function openView(stage) {
  const slide = make("label", "slide");
  const name = slide.appendChild(make("span"));
  const slider = slide.appendChild(make("input", "", { type: "range" }));
  const value = slide.appendChild(make("output", "mono"));
  const parts = make("div", "parts");
  const own = parts.appendChild(make("div"));
  const [title, single] = [own.appendChild(make("div", "title")), own.appendChild(make("div", "single"))];
  const picture = single.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  const read = own.appendChild(make("div", "read"));
  const attacks = KINDS.map(() => openAttack(parts));
  const head = make("div", "head keys");
  const canvas = make("canvas", "chart", { attributes: { role: "img" } });
  stage.box.replaceChildren(slide, parts, head, canvas);
  const view = { stage, name, slider, value, title, picture, read, attacks, head, canvas, paper: fit(canvas, stage), tick: null, count: -1 };
  slider.oninput = () => draw(view);
  return view;
}

function openAttack(parts) {
  const box = parts.appendChild(make("div"));
  const title = box.appendChild(make("div", "title"));
  const pair = box.appendChild(make("div", "pair"));
  const [made, added] = [0, 1].map(() => {
    const figure = pair.appendChild(make("figure"));
    const canvas = figure.appendChild(make("canvas", "", { attributes: { role: "img" } }));
    return { canvas, caption: figure.appendChild(make("figcaption")) };
  });
  return { box, title, made, added, read: box.appendChild(make("div", "read")) };
}

function draw(view) {
  const { tick, stage, slider } = view;
  const { meta, arrays } = tick;
  const at = Number(slider.value);
  const format = new Intl.NumberFormat(meta.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const epsilon = arrays.epsilons[at];
  say(view.name, meta.words.epsilon);
  say(view.value, fill(meta.words.value, { epsilon: format.format(epsilon) }));
  mark(slider, "aria-valuetext", view.value.textContent);
  say(view.title, meta.words.original);
  drawPicture(view.picture, arrays.fgsm, 0);
  mark(view.picture, "aria-label", meta.words.original);
  showRead(view.read, meta, meta.reads.fgsm[0]);
  view.attacks.forEach((attack, number) => showAttack(attack, KINDS[number], at, epsilon, view));
  paintChart(view, at);
  if (!view.head.childElementCount || view.head.dataset.words !== meta.words.curve) buildKeys(view);
}

function showAttack({ box, title, made, added, read }, kind, at, epsilon, { tick, stage }) {
  const { meta, arrays } = tick;
  say(title, meta.words[kind]);
  box.style.opacity = arrays[kind] ? 1 : 0.4;
  if (!arrays[kind]) return;
  const pictures = arrays[kind];
  drawPicture(made.canvas, pictures, at);
  drawMap(added.canvas, difference(pictures, at, epsilon), 0, "diverging", stage.theme);
  say(made.caption, meta.words.made);
  say(added.caption, meta.words.added);
  mark(made.canvas, "aria-label", `${meta.words[kind]}: ${meta.words.made}`);
  mark(added.canvas, "aria-label", `${meta.words[kind]}: ${meta.words.added}`);
  showRead(read, meta, meta.reads[kind][at]);
}

function showRead(node, meta, { text, fooled }) {
  say(node, text);
  node.classList.toggle("fooled", fooled);
}

// What was added to the picture (the mean over the colours), with ±ε at the ends of the scale.
function difference(pictures, at, epsilon) {
  const [, height, width, colours = 1] = pictures.shape;
  const limit = Math.max(255 * epsilon, 1) * colours;
  const start = at * height * width * colours;
  const bytes = Uint8Array.from({ length: height * width }, (_, pixel) => {
    let added = 0;
    for (let place = pixel * colours; place < (pixel + 1) * colours; place++) added += pictures[start + place] - pictures[place];
    return 128 + Math.round(127 * Math.max(-1, Math.min(1, added / limit)));
  });
  return Object.assign(bytes, { shape: [1, height, width] });
}

function buildKeys({ head, stage, tick }) {
  const { words } = tick.meta;
  head.dataset.words = words.curve;
  const keys = [[stage.theme.grey, words.fgsm], [stage.theme.blue, words.pgd]];
  head.replaceChildren(make("span", "title", { text: words.curve }), ...keys.map(([colour, text]) => {
    const key = make("span", "key", { text });
    const swatch = make("i");
    swatch.style.borderColor = colour;
    key.prepend(swatch);
    return key;
  }));
}

function paintChart({ paper, tick, stage, canvas }, at) {
  const { meta, arrays } = tick;
  const { theme } = stage;
  const { painter, width, height } = paper();
  const last = arrays.epsilons.length - 1;
  const frame = openFrame({ painter, width, height }, { last, low: 0, high: 1, ticks: [0, 0.5, 1], bottom: 18 }, theme, meta.language);
  drawCurve(painter, frame, arrays.fgsm_curve, { colour: theme.grey });
  if (arrays.pgd_curve) drawCurve(painter, frame, arrays.pgd_curve, { colour: theme.blue });
  painter.strokeStyle = theme.ink;
  line(painter, crisp(frame.x(at)), frame.top, crisp(frame.x(at)), frame.bottom);
  const format = new Intl.NumberFormat(meta.language, { maximumFractionDigits: 2 });
  Object.assign(painter, { fillStyle: theme.muted, textBaseline: "alphabetic", font: `11px ${theme.mono}` });
  for (let tick = 0; tick <= last; tick += 5) {
    painter.textAlign = tick === last ? "right" : "center";
    painter.fillText(format.format(arrays.epsilons[tick]), frame.x(tick), height - 4);
  }
  mark(canvas, "aria-label", meta.spoken);
}
