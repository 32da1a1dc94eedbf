// A picture that was chosen, and how the network reads it; a running training moves the bars ("bars" on its channel).

const version = new URL(import.meta.url).search;
const { component, fill, make, mark, say } = await import(`./panel.js${version}`);
const { publishTopics } = await import(`./tick.js${version}`);
const { READING_STYLE, configureReading, openReading, showReading } = await import(`./reading.js${version}`);

const MEASURING = 800; // milliseconds until it is asked again how near the picture is to what was learned

const STYLE = `
  .panel { container-type: inline-size; }
  .layout { display: grid; grid-template-columns: minmax(0, 232px) minmax(210px, 1fr); gap: 10px 24px; align-items: start; }
  @container (max-width: 479px) { .layout { grid-template-columns: minmax(0, 1fr); } }
  .chosen { margin: 0; display: grid; gap: 4px; }
  .chosen canvas { width: 100%; image-rendering: pixelated; border-radius: 10px; background: #000; }
  .chosen figcaption { font-size: 12px; color: var(--st-gray-text-color); overflow: hidden; text-overflow: ellipsis;
    white-space: nowrap; }
  ${READING_STYLE}
`;

export default component(STYLE, (stage) => {
  const figure = make("figure", "chosen");
  const canvas = figure.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  const caption = figure.appendChild(make("figcaption"));
  const reading = openReading();
  const layout = make("div", "layout");
  layout.append(figure, reading.box);
  stage.box.replaceChildren(layout);
  const view = { canvas, caption, reading, config: null, told: null };

  return {
    update(tick, { data, setTriggerValue }) {
      if (!tick.meta.words || data === view.shown) return;
      view.shown = data;
      view.config = tick.meta;
      configureReading(reading, tick.meta);
      paint(view, tick.arrays.picture);
      read(view, tick.arrays.probabilities, tick.meta.note, tick.meta.remark);
      clearTimeout(view.timer);
      if (tick.meta.measuring) view.timer = setTimeout(() => setTriggerValue("again", tick.meta.seq), MEASURING);
      if (tick.meta.topics) publishTopics(tick.meta.channel, tick);
      stage.hear(tick.meta.channel, "bars", (bars) => hear(view, bars));
    },
  };
});

function hear(view, { arrays, step, seq }) {
  const { config } = view;
  if (seq !== config.seq || !arrays?.probabilities) return;
  read(view, arrays.probabilities, step == null ? "" : fill(config.words.step, { step: step.toLocaleString(config.language) }));
}

function read({ reading, config }, probabilities, note, remark = null) {
  showReading(reading, probabilities ? { probabilities, note, remark } : null, config.words.idle);
}

function paint({ canvas, caption, config }, picture) {
  const [, height, width, colours = 1] = picture.shape;
  Object.assign(canvas, { width, height });
  const painter = canvas.getContext("2d");
  const image = painter.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = picture[colours === 3 ? 3 * i + c : i];
    image.data[4 * i + 3] = 255;
  }
  painter.putImageData(image, 0, 0);
  say(caption, config.title);
  mark(canvas, "aria-label", config.title);
}
