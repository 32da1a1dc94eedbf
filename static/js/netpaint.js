// The painting of a network's diagram: links as thick as their weights, and a small map of every neuron.

const version = new URL(import.meta.url).search;
const { ends, thickness } = await import(`./netplan.js${version}`);

const BUCKETS = 10;      // widths in which links are painted together
const [FAINT, FULL] = [0.3, 0.95];
const DIMMED = 0.16;

// All links, the thin ones first; `lit(layer, to, from)` leaves the others dim, null leaves all as they are.
export function paintLinks(painter, plan, net, theme, lit = null) {
  painter.lineCap = "butt";
  for (const { width, colour, alpha, links } of sortLinks(plan, net, theme, lit)) {
    Object.assign(painter, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha });
    painter.beginPath();
    for (const { x1, y1, x2, y2 } of links) {
      const middle = (x1 + x2) / 2;
      painter.moveTo(x1, y1);
      painter.bezierCurveTo(middle, y1, middle, y2, x2, y2);
    }
    painter.stroke();
  }
  painter.globalAlpha = 1;
}

// Few strokes of many links: those of one sign and about one width share one.
function sortLinks(plan, net, theme, lit) {
  const buckets = new Map();
  for (let layer = 0; layer < plan.columns.length - 1; layer++) {
    for (let to = 0; to < plan.columns[layer + 1].nodes.length; to++) {
      for (let from = 0; from < plan.columns[layer].nodes.length; from++) {
        if (!net.hasLink(layer, to, from)) continue;
        const weight = net.weight(layer, to, from);
        const bucket = Math.round((thickness(weight, plan.thick) / plan.thick) * BUCKETS);
        const dim = lit !== null && !lit(layer, to, from);
        const key = (dim ? 0 : 1000) + 2 * bucket + (weight < 0 ? 1 : 0);
        if (!buckets.has(key)) buckets.set(key, open(bucket, weight, dim, plan, theme));
        buckets.get(key).links.push(ends(plan, layer, to, from));
      }
    }
  }
  return [...buckets].sort(([one], [other]) => one - other).map(([, found]) => found);
}

function open(bucket, weight, dim, plan, theme) {
  const share = bucket / BUCKETS;
  return { width: Math.max(0.6, share * plan.thick), colour: weight < 0 ? theme.orange : theme.blue, links: [],
    alpha: dim ? DIMMED : FAINT + (FULL - FAINT) * Math.sqrt(share) };
}

// Small pictures one below the other on a canvas of their own, to be drawn from there at any size.
export function openAtlas() {
  const canvas = document.createElement("canvas");
  const atlas = { canvas, side: 0, image: null };
  // Take packed pixels, picture by picture.
  atlas.take = (pixels, side) => {
    const height = pixels.length / side;
    if (canvas.width !== side || canvas.height !== height) Object.assign(canvas, { width: side, height });
    atlas.side = side;
    canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), side, height), 0, 0);
  };
  return atlas;
}

// One map in its place with round corners; without an atlas its place alone.
export function paintMap(painter, { x, y, size }, atlas, index, theme, { alpha = 1, lit = false } = {}) {
  painter.save();
  painter.globalAlpha = alpha;
  painter.beginPath();
  painter.roundRect(x, y, size, size, Math.min(5, size / 5));
  painter.fillStyle = theme.surface;
  painter.fill();
  if (atlas?.side && index !== null) {
    painter.clip();
    painter.imageSmoothingEnabled = true;
    painter.drawImage(atlas.canvas, 0, index * atlas.side, atlas.side, atlas.side, x, y, size, size);
  }
  painter.restore();
  painter.strokeStyle = lit ? theme.ink : theme.line;
  painter.globalAlpha = alpha;
  painter.lineWidth = 1;
  painter.beginPath();
  painter.roundRect(x + 0.5, y + 0.5, size - 1, size - 1, Math.min(5, size / 5));
  painter.stroke();
  painter.globalAlpha = 1;
}

// A bias, as a small square at a map's lower left corner.
export function paintBias(painter, { x, y, size }, bias, theme) {
  const side = Math.max(5, Math.min(8, size / 4));
  const share = Math.min(Math.abs(bias) / 3, 1);
  painter.fillStyle = theme.background;
  painter.fillRect(x - side / 2 - 1, y + size - side / 2 - 1, side + 2, side + 2);
  Object.assign(painter, { fillStyle: bias < 0 ? theme.orange : theme.blue, globalAlpha: 0.25 + 0.75 * share });
  painter.fillRect(x - side / 2, y + size - side / 2, side, side);
  painter.globalAlpha = 1;
}

// A neuron that was taken out of the network.
export function strikeOut(painter, { x, y, size }, theme) {
  Object.assign(painter, { strokeStyle: theme.muted, lineWidth: 1.25 });
  painter.beginPath();
  painter.moveTo(x + 3, y + 3);
  painter.lineTo(x + size - 3, y + size - 3);
  painter.moveTo(x + size - 3, y + 3);
  painter.lineTo(x + 3, y + size - 3);
  painter.stroke();
}
