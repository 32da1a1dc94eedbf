// One head as a matrix: a row for each token that looks, a column for each that is looked at.

import { table } from "./colors.js";
import { shown, sprite } from "./headmaps.js";

const LINE = 15;        // pixels that a token's text needs
const LARGEST = 38;
const MOST_LABEL = 92;

export function layOutMatrix(painter, group, width, high, theme) {
  painter.font = `12px ${theme.mono}`;
  const widest = (tokens) => Math.min(MOST_LABEL, Math.max(...tokens.map((token) => painter.measureText(shown(token)).width))) + 8;
  const [left, top] = [widest(group.rows), widest(group.columns)];
  const [rows, columns] = [group.rows.length, group.columns.length];
  const side = Math.min(LARGEST, (width - left - 2) / columns, (high - top - 2) / rows);
  const x = Math.max(left, (width - side * columns) / 2);
  return { wide: width, high, left: x, top, side, rows, columns };
}

export function cellAt({ left, top, side, rows, columns }, x, y) {
  const [row, column] = [Math.floor((y - top) / side), Math.floor((x - left) / side)];
  const inside = (value, count) => value >= 0 && value < count;
  if (inside(row, rows) && inside(column, columns)) return { row, column };
  if (inside(row, rows) && x < left) return { row };
  return inside(column, columns) && y < top ? { column } : null;
}

export function paintMatrix(painter, { frame, group, weights, row, column, theme }) {
  const { left, top, side, rows, columns } = frame;
  painter.imageSmoothingEnabled = false;
  painter.drawImage(sprite(weights, rows, columns, table("sequential", theme)), left, top, side * columns, side * rows);
  Object.assign(painter, { strokeStyle: theme.line, lineWidth: 1 });
  painter.strokeRect(left - 0.5, top - 0.5, side * columns + 1, side * rows + 1);
  const every = Math.max(1, Math.ceil(LINE / side));
  const seen = (at, chosen) => (chosen === null || at === chosen ? at % every === 0 || at === chosen : at % every === 0 && Math.abs(at - chosen) >= every);
  const write = (token, bold) => {
    Object.assign(painter, { font: `${bold ? 700 : 400} 12px ${theme.mono}`, fillStyle: bold ? theme.ink : theme.muted });
    painter.fillText(shown(token), 0, 0, MOST_LABEL);
  };
  group.rows.forEach((token, at) => seen(at, row) && turned(painter, left - 5, top + (at + 0.5) * side, 0, "right", () => write(token, at === row)));
  group.columns.forEach((token, at) => seen(at, column) && turned(painter, left + (at + 0.5) * side, top - 5, -Math.PI / 2, "left", () => write(token, at === column)));
  mark(painter, frame, row, column, theme);
}

function turned(painter, x, y, angle, align, write) {
  painter.save();
  painter.translate(x, y);
  painter.rotate(angle);
  Object.assign(painter, { textAlign: align, textBaseline: "middle" });
  write();
  painter.restore();
}

function mark(painter, { left, top, side, rows, columns }, row, column, theme) {
  Object.assign(painter, { strokeStyle: theme.ink, lineWidth: 1.5 });
  if (row !== null) painter.strokeRect(left, top + row * side, side * columns, side);
  if (column !== null) painter.strokeRect(left + column * side, top, side, side * rows);
}
