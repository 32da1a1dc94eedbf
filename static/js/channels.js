// The elastic view of a convolution: each input channel, its slice of the stamp, what it gives alone, and what it adds here.

const version = new URL(import.meta.url).search;
const { fill, make, mark, paper, say } = await import(`./panel.js${version}`);
const { encode, mapOf, outline, paintMap } = await import(`./sheet.js${version}`);
const { channelSums, kernelOf, windowOf } = await import(`./walklines.js${version}`);

const [STEP, THUMB, STAMP] = [50, 38, 26];
const TOPS = [14, 58, 90, 136]; // of input, stamp, product, sum; above them the channel's number
const HEIGHT = 152;

export const CHANNELS_STYLE = `
  .channels { display: grid; grid-template-columns: 64px minmax(0, 1fr); gap: 0 8px; margin-top: 8px; }
  .channels .names { position: relative; height: ${HEIGHT}px; font-size: 11.5px; color: var(--st-gray-text-color); }
  .channels .names span { position: absolute; right: 0; white-space: nowrap; }
  .channels .scroll { overflow-x: auto; overflow-y: hidden; min-width: 0; }
  .channels canvas { height: ${HEIGHT}px; cursor: pointer; }
`;

// `choose(channel)` is called for a channel that is clicked or chosen with the keys.
export function openChannels(stage, choose) {
  const box = make("section", "channels");
  const names = box.appendChild(make("div", "names"));
  const labels = TOPS.map((top, row) => {
    const label = names.appendChild(make("span"));
    label.style.top = `${top + [11, 4, 11, 0][row]}px`;
    return label;
  });
  const scroll = box.appendChild(make("div", "scroll"));
  const canvas = scroll.appendChild(make("canvas", "", { tabIndex: 0, attributes: { role: "listbox" } }));
  const view = { stage, box, labels, scroll, canvas, choose, source: 0, count: 0 };
  canvas.onclick = (event) => choose(Math.min(Math.floor(event.offsetX / STEP), view.count - 1));
  canvas.onkeydown = (event) => {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    choose(Math.min(Math.max(view.source + way, 0), view.count - 1));
  };
  return view;
}

export function showChannels(view, walk, place, source, { words, write, short, before, sheet }) {
  const { canvas, labels, stage: { theme } } = view;
  const [count, height, width] = walk.arrays.in.shape;
  [words.input, `× ${words.kernel}`, `= ${words.its_map}`, words.sum].forEach((text, row) => say(labels[row], text));
  canvas.style.width = `${count * STEP}px`;
  const { painter } = paper(canvas);
  const sums = channelSums(walk, place);
  const parts = walk.arrays.parts;
  const [, high, wide] = parts.shape;
  const cells = windowOf(walk, place);
  const largest = Math.max(...sums.map(Math.abs)) || 1;
  const brief = short(sums);
  Object.assign(painter, { font: `10.5px ${theme.mono}`, textAlign: "center", textBaseline: "top" });
  for (let channel = 0; channel < count; channel++) {
    const x = channel * STEP + (STEP - THUMB) / 2;
    if (channel === source) {
      painter.fillStyle = theme.neutral;
      painter.fillRect(channel * STEP, 0, STEP, HEIGHT);
    }
    paintMap(painter, mapOf(sheet, before, channel + (walk.first ?? 0)), [x, TOPS[0] + 2, THUMB, THUMB], theme);
    markWindow(painter, cells, [x, TOPS[0] + 2, THUMB / width, THUMB / height], theme);
    const kernel = { bytes: encode(kernelOf(walk, channel), walk.kernel_limit), height: walk.size, width: walk.size, scale: "diverging" };
    paintMap(painter, kernel, [x + (THUMB - STAMP) / 2, TOPS[1], STAMP, STAMP], theme);
    const part = { bytes: parts.subarray(channel * high * wide, (channel + 1) * high * wide), height: high, width: wide, scale: "diverging" };
    paintMap(painter, part, [x, TOPS[2], THUMB, THUMB], theme);
    outline(painter, [x + (place[1] * THUMB) / wide, TOPS[2] + (place[0] * THUMB) / high, Math.max(THUMB / wide, 2), Math.max(THUMB / high, 2)], theme.ink, theme.background, 1);
    painter.fillStyle = channel === source ? theme.ink : theme.muted;
    painter.fillText(String(channel + 1), x + THUMB / 2, 2);
    painter.fillStyle = Math.abs(sums[channel]) < largest / 50 ? theme.muted : theme.ink;
    painter.fillText(brief(sums[channel]), x + THUMB / 2, TOPS[3] + 2);
  }
  if (view.source !== source || view.count !== count) reveal(view, source);
  Object.assign(view, { source, count });
  mark(canvas, "aria-label", `${fill(words.channel, { n: source + 1 })}: ${write(sums[source])}`);
}

function markWindow(painter, cells, [x, y, across, down], theme) {
  const inside = cells.filter(([, , there]) => there);
  if (!inside.length) return;
  const [rows, columns] = [inside.map(([row]) => row), inside.map(([, column]) => column)];
  const [top, left] = [Math.min(...rows), Math.min(...columns)];
  outline(painter, [x + left * across, y + top * down, (Math.max(...columns) - left + 1) * across, (Math.max(...rows) - top + 1) * down], theme.ink, theme.background, 1);
}

function reveal({ scroll }, source) {
  const [left, right] = [source * STEP, (source + 1) * STEP];
  if (left < scroll.scrollLeft || right > scroll.scrollLeft + scroll.clientWidth) scroll.scrollLeft = left - scroll.clientWidth / 2;
}
