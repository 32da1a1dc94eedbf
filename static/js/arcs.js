// One head as arcs between tokens: where the tokens stand, and an arc for each weight that is large enough to be seen.
//
// A sentence that looks at itself stands in one row: arcs above it go to earlier tokens, arcs below it to later ones.
// Where one sentence looks at another, the one that is looked at stands above.

import { shown } from "./headmaps.js";

export const LEAST = 0.04;   // weights below it get no arc
const MOST = 700;            // arcs, the strongest ones
const LINE = 22;             // pixels of a row of tokens
const NARROWEST = 9;

// Returns {wide, high, rows, columns} with {x, width, y} a token; the picture may be wider than the room it has.
export function layOutArcs(painter, group, width, high, theme) {
  painter.font = `13px ${theme.mono}`;
  const rows = spread(painter, group.rows, width);
  if (group.self) {
    const y = group.causal ? high - LINE : high / 2 - LINE / 2;
    const places = rows.places.map((place) => ({ ...place, y }));
    return { wide: rows.wide, high, rows: places, columns: places, self: true };
  }
  const columns = spread(painter, group.columns, width);
  const wide = Math.max(rows.wide, columns.wide);
  const shift = ({ places, wide: own }, y) => places.map((place) => ({ ...place, x: place.x + (wide - own) / 2, y }));
  return { wide, high, rows: shift(rows, high - LINE), columns: shift(columns, 16), self: false };
}

function spread(painter, tokens, width) {
  const air = tokens.every((token) => token.length < 2) ? 1 : 7; // characters stand as in a text
  const widths = tokens.map((token) => Math.max(NARROWEST, painter.measureText(shown(token)).width + air));
  const sum = widths.reduce((total, one) => total + one, 0);
  const extra = Math.min(Math.max(width - sum, 0) / tokens.length, 44);
  const wide = Math.max(width, sum);
  let x = Math.max(0, (wide - sum - extra * tokens.length) / 2);
  const places = widths.map((own) => {
    const place = { x: x + (own + extra) / 2, width: own };
    x += own + extra;
    return place;
  });
  return { wide: Math.round(wide), places };
}

// The token under a point: {row} or {column}; in one row both are the same token, and it is the one that looks.
export function tokenAt(frame, x, y) {
  const find = (places) => places.findIndex((place) => Math.abs(x - place.x) <= gap(places, place) / 2);
  const upper = !frame.self && y < frame.high / 2;
  const at = find(upper ? frame.columns : frame.rows);
  return at < 0 ? null : upper ? { column: at } : { row: at };
}

function gap(places, place) {
  const at = places.indexOf(place);
  const beside = places[at + 1] ?? places[at - 1];
  return beside ? Math.max(place.width, Math.abs(beside.x - place.x)) : place.width + 20;
}

// `row` is the token that looks and `column` the one looked at that is marked, null where none is.
export function paintArcs(painter, scene) {
  const { frame, weights, row, column } = scene;
  const count = frame.columns.length;
  const arcs = [];
  weights.forEach((byte, at) => {
    const [from, to] = [Math.floor(at / count), at % count];
    if (byte < 255 * LEAST) return;
    const marked = row !== null ? from === row : column !== null ? to === column : null;
    arcs.push({ from, to, weight: byte / 255, marked });
  });
  arcs.sort((one, other) => (one.marked ?? 0) - (other.marked ?? 0) || one.weight - other.weight);
  for (const arc of arcs.slice(-MOST)) paintArc(painter, scene, arc);
  paintTokens(painter, scene);
}

function paintArc(painter, { frame, theme }, { from, to, weight, marked }) {
  const [start, end] = [frame.rows[from], frame.columns[to]];
  Object.assign(painter, { strokeStyle: theme.blue, lineWidth: 0.75 + 4 * weight, lineCap: "round" });
  painter.globalAlpha = marked === false ? 0.05 : Math.min(1, 0.12 + 0.88 * weight);
  painter.beginPath();
  if (!frame.self) curve(painter, start.x, start.y - 1, end.x, end.y + LINE + 1);
  else if (from === to) loop(painter, start);
  else bow(painter, start, end, frame);
  painter.stroke();
  painter.globalAlpha = 1;
}

function curve(painter, x, y, toX, toY) {
  const middle = (y + toY) / 2;
  painter.moveTo(x, y);
  painter.bezierCurveTo(x, middle, toX, middle, toX, toY);
}

// A half ellipse over the tokens between two, or under them; wide ones are flatter, so that the widest just fits.
function bow(painter, start, end, { wide, rows }) {
  const above = end.x < start.x;
  const room = start.y - 3;
  const across = Math.abs(start.x - end.x);
  const widest = Math.max(60, rows.at(-1).x - rows[0].x || wide);
  const height = Math.max(8, room * (across / widest) ** 0.7);
  const y = above ? start.y - 1 : start.y + LINE + 1;
  painter.ellipse((start.x + end.x) / 2, y, across / 2, height, 0, above ? Math.PI : 0, above ? 2 * Math.PI : Math.PI);
}

function loop(painter, place) {
  painter.ellipse(place.x, place.y - 5, 4, 4, 0, 0.6 * Math.PI, 2.4 * Math.PI);
}

function paintTokens(painter, scene) {
  const { frame, group, weights, row, column, theme } = scene;
  const count = frame.columns.length;
  const looked = (to) => (row === null ? null : weights[row * count + to] / 255);
  const looks = (from) => (column === null ? null : weights[from * count + column] / 255);
  frame.columns.forEach((place, at) => paintToken(painter, place, group.columns[at], looked(at), at === column || (frame.self && at === row), theme));
  if (frame.self) return;
  frame.rows.forEach((place, at) => paintToken(painter, place, group.rows[at], looks(at), at === row, theme));
}

function paintToken(painter, { x, y, width }, token, share, marked, theme) {
  if (share !== null && share > 0.004) {
    painter.globalAlpha = Math.min(1, share) * 0.55;
    painter.fillStyle = theme.blue;
    painter.beginPath();
    painter.roundRect(x - width / 2, y + 1, width, LINE - 2, 4);
    painter.fill();
    painter.globalAlpha = 1;
  }
  if (marked) {
    Object.assign(painter, { strokeStyle: theme.ink, lineWidth: 1.5 });
    painter.beginPath();
    painter.roundRect(x - width / 2, y + 1, width, LINE - 2, 4);
    painter.stroke();
  }
  Object.assign(painter, { font: `${marked ? 700 : 400} 13px ${theme.mono}`, textAlign: "center", textBaseline: "middle", fillStyle: theme.ink });
  painter.fillText(shown(token), x, y + LINE / 2);
}
