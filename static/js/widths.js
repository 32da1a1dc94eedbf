// The error that lines of neurons have reached, by how many neurons they have: what was really trained, nothing else.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { crisp, dot, line } from "./plot.js";

const STYLE = `
  canvas { width: 100%; height: 214px; border-radius: 4px; }
`;
const MOST = 16;
const NAMED = [1, 2, 4, 8, 12, 16];

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const canvas = make("canvas", "", { attributes: { role: "img" } });
  const paper = fit(canvas, stage);
  stage.box.replaceChildren(head, canvas);
  let [config, told] = [null, null];

  function draw() {
    if (!config) return;
    const list = told ? [...told.arrays.widths].map((n, at) => fill(config.words.reading, { n, error: told.texts[at] })) : [];
    say(title, config.words.title);
    say(note, list.length ? "" : config.words.none);
    mark(canvas, "aria-label", [config.words.title, ...list].join(", "));
    paint(paper(), told, config, stage.theme);
  }

  return {
    update({ meta }) {
      config = meta;
      stage.hear(meta.channel, "errors", (value) => { told = value; draw(); });
    },
    draw,
  };
});

function paint({ painter, width, height }, told, { language }, theme) {
  const errors = told ? [...told.arrays.errors] : [];
  const [low, high] = decades(errors);
  const x = (n) => 44 + ((width - 54) * (n - 1)) / (MOST - 1);
  const y = (exponent) => height - 20 - (height - 30) * ((exponent - low) / (high - low));
  const place = (error) => y(Math.max(Math.log10(Math.max(error, 1e-12)), low));
  drawScales(painter, { x, y, low, high, width, height, theme, language, chosen: told?.chosen });
  Object.assign(painter, { strokeStyle: theme.blue, fillStyle: theme.blue, lineWidth: 1.75 });
  painter.beginPath();
  errors.forEach((error, at) => painter[at ? "lineTo" : "moveTo"](x(told.arrays.widths[at]), place(error)));
  painter.stroke();
  errors.forEach((error, at) => dot(painter, x(told.arrays.widths[at]), place(error), told.arrays.widths[at] === told.chosen ? 5 : 3));
}

function decades(errors) {
  const powers = errors.map((error) => Math.log10(Math.max(error, 1e-7)));
  return [Math.min(-3, ...powers.map(Math.floor)), Math.max(0, ...powers.map(Math.ceil))];
}

function drawScales(painter, { x, y, low, high, width, height, theme, language, chosen }) {
  const format = (exponent) => (exponent < -3 ? `1e\u2212${-exponent}` : new Intl.NumberFormat(language).format(10 ** exponent));
  Object.assign(painter, { font: `11px ${theme.mono}`, textAlign: "right", textBaseline: "middle", strokeStyle: theme.line, lineWidth: 1 });
  const stride = high - low > 4 ? 2 : 1;
  for (let exponent = high; exponent >= low; exponent -= stride) {
    line(painter, 40, crisp(y(exponent)), width - 6, crisp(y(exponent)));
    painter.fillStyle = theme.muted;
    painter.fillText(format(exponent), 36, y(exponent));
  }
  Object.assign(painter, { textAlign: "center", textBaseline: "alphabetic" });
  for (const n of new Set([...NAMED, chosen ?? 1])) {
    if (n !== chosen && Math.abs(n - chosen) === 1) continue;
    painter.fillStyle = n === chosen ? theme.ink : theme.muted;
    painter.fillText(n, x(n), height - 4);
  }
}
