// The loss by time: at which times the network still errs most. A bar a stretch of time, from the data to the noise.

import { component, fill, fit, make, mark, say } from "./panel.js";
import { drawAxes, openFrame } from "./axes.js";
import { publishTopics } from "./tick.js";

const STYLE = `
  canvas { width: 100%; border-radius: 4px; }
`;
const MARGIN = { left: 40, right: 24, top: 8, bottom: 18 };

export default component(STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const canvas = make("canvas", "", { attributes: { role: "img" } });
  stage.box.replaceChildren(head, canvas);
  const view = { stage, title, note, canvas, paper: fit(canvas, stage), meta: null, told: null };
  return {
    update(tick, { data }) {
      if (!tick.meta.channel || data === view.seen) return;
      Object.assign(view, { seen: data, meta: tick.meta });
      canvas.style.height = `${tick.meta.height}px`;
      stage.hear(tick.meta.channel, "times", (told) => { view.told = told; draw(view); });
      publishTopics(tick.meta.channel, tick);
    },
    draw: () => view.meta && draw(view),
  };
});

function draw({ stage: { theme }, title, note, canvas, paper, meta, told }) {
  const { words, language, last } = meta;
  const losses = told?.arrays.losses ?? new Float32Array();
  say(title, words.title);
  const known = [...losses].filter(Number.isFinite);
  say(note, known.length ? words.note : words.none);
  const high = known.length ? Math.max(...known, 1e-3) * 1.08 : 1;
  const { painter, width, height } = paper();
  const frame = openFrame({ width, height }, { left: 0, right: last, low: 0, high, margin: MARGIN });
  frame.ticks.across = [0, last / 2, last];
  drawAxes(painter, frame, { theme, language });
  painter.fillStyle = theme.blue;
  const wide = (frame.right - frame.left) / Math.max(losses.length, 1);
  losses.forEach((loss, at) => {
    if (Number.isFinite(loss)) painter.fillRect(frame.left + at * wide + 1, frame.y(loss), Math.max(wide - 2, 1), frame.bottom - frame.y(loss));
  });
  const write = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
  const read = [...losses].map((loss, at) => fill(words.reading, { t: Math.round(((at + 0.5) * last) / losses.length), loss: Number.isFinite(loss) ? write.format(loss) : "–" }));
  mark(canvas, "aria-label", `${words.title}. ${read.join(", ")}`);
}
