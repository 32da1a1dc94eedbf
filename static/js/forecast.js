// A series as it was, and as each cell goes on with it by itself.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { crisp, line, spread } from "./plot.js";

const STYLE = `
  .head { flex-wrap: wrap; gap: 0 10px; }
  .keys { display: flex; flex-wrap: wrap; gap: 0 12px; }
  .key { display: inline-flex; align-items: center; gap: 5px; font-size: 12px; color: var(--st-gray-text-color); }
  .key i { width: 12px; border-top: 2px solid; }
  .key b { font-weight: 400; color: var(--st-text-color); }
  canvas { width: 100%; border-radius: 4px; }
`;
const MARGIN = { left: 38, right: 6, top: 8, bottom: 18 };

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const title = head.appendChild(make("span", "title"));
  const keys = head.appendChild(make("span", "keys"));
  const canvas = make("canvas", "", { attributes: { role: "img" } });
  const paper = fit(canvas, stage);
  stage.box.replaceChildren(head, canvas);
  let [config, told, seen] = [null, null, null];

  function draw() {
    if (!config) return;
    say(title, config.title);
    if (!told?.arrays.truth) return void paper();
    const entries = [{ name: "ink", title: config.words.truth, error: "" }, ...told.cells];
    drawKeys(keys, entries, stage.theme);
    mark(canvas, "aria-label", `${config.title}. ${told.cells.map(({ title: name, error }) => `${name} ${error}`).join(", ")}`);
    paint(paper(), told, config, stage.theme);
  }

  return {
    update(tick, { data }) {
      if (data === seen || !tick.meta.channel) return;
      [seen, config] = [data, tick.meta];
      canvas.style.height = `${config.height}px`;
      stage.hear(config.channel, "forecast", (value) => { told = value; draw(); });
    },
    draw,
  };
});

function drawKeys(place, entries, theme) {
  const key = JSON.stringify(entries) + theme.background;
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren(...entries.map(({ name, title, error }) => {
    const node = make("span", "key");
    const swatch = node.appendChild(make("i"));
    swatch.style.borderTopColor = theme[name];
    node.append(title, make("b", "mono", { text: error }));
    return node;
  }));
}

function paint({ painter, width, height }, told, { language, words }, theme) {
  const { given, truth } = told.arrays;
  const parts = told.cells.map(({ name }) => told.arrays[`${name}.forecast`]);
  const all = [...given, ...truth, ...parts.flatMap((part) => [...part])].filter(Number.isFinite);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const count = given.length + truth.length;
  const x = (at) => MARGIN.left + ((width - MARGIN.left - MARGIN.right) * at) / Math.max(count - 1, 1);
  const y = (value) => height - MARGIN.bottom - (height - MARGIN.top - MARGIN.bottom) * ((value - least) / (most - least || 1));
  const format = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  Object.assign(painter, { font: `11px ${theme.mono}`, textAlign: "right", textBaseline: "middle", strokeStyle: theme.line, lineWidth: 1 });
  for (const tick of spread(least, most)) {
    line(painter, MARGIN.left, crisp(y(tick)), width - MARGIN.right, crisp(y(tick)));
    painter.fillStyle = theme.muted;
    painter.fillText(format.format(tick), MARGIN.left - 5, y(tick));
  }
  const border = crisp(x(given.length - 0.5));
  painter.strokeStyle = theme.muted;
  painter.setLineDash([3, 3]);
  line(painter, border, MARGIN.top, border, height - MARGIN.bottom);
  painter.setLineDash([]);
  painter.fillStyle = theme.muted;
  painter.textAlign = "left";
  painter.fillText(fill(words.forecast, {}), border + 4, height - 8);
  stroke(painter, [...given], (at) => x(at), y, theme.grey, 1.75);
  stroke(painter, [given.at(-1), ...truth], (at) => x(given.length - 1 + at), y, theme.ink, 1.5);
  told.cells.forEach(({ name }, at) => stroke(painter, [given.at(-1), ...parts[at]], (i) => x(given.length - 1 + i), y, theme[name], 2));
}

function stroke(painter, values, x, y, colour, wide) {
  Object.assign(painter, { strokeStyle: colour, lineWidth: wide });
  painter.beginPath();
  values.forEach((value, at) => Number.isFinite(value) && painter.lineTo(x(at), y(value)));
  painter.stroke();
}
