// A small chart of values between two bounds over places 0..n: its frame with light lines, and curves in it.

import { crisp, line } from "./plot.js";

const LEFT = 30;

// Returns where a place and a value are, after the grid lines at `ticks` have been drawn.
export function openFrame({ painter, width, height }, { last, low, high, ticks, bottom = 6, inset = 0 }, theme, language) {
  const frame = {
    left: LEFT, right: width - 6, top: 8, bottom: height - bottom,
    x: (place) => LEFT + inset + ((width - 6 - inset - (LEFT + inset)) * place) / last,
    y: (value) => height - bottom - (height - bottom - 8) * ((Math.min(Math.max(value, low), high) - low) / (high - low)),
  };
  const format = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  Object.assign(painter, { font: `11px ${theme.mono}`, textAlign: "right", textBaseline: "middle", lineWidth: 1, lineJoin: "round" });
  for (const tick of ticks) {
    painter.strokeStyle = theme.line;
    line(painter, frame.left, crisp(frame.y(tick)), frame.right, crisp(frame.y(tick)));
    painter.fillStyle = theme.muted;
    painter.fillText(format.format(tick), frame.left - 6, frame.y(tick));
  }
  return frame;
}

// Draw a curve through values at the places 0, 1, 2 ...; it ends at the first that is not a number.
export function drawCurve(painter, frame, values, { colour, width = 1.75, dash = [], alpha = 1 }) {
  Object.assign(painter, { strokeStyle: colour, lineWidth: width, globalAlpha: alpha });
  painter.setLineDash(dash);
  painter.beginPath();
  for (let at = 0; at < values.length && Number.isFinite(values[at]); at++) {
    painter[at ? "lineTo" : "moveTo"](frame.x(at), frame.y(values[at]));
  }
  painter.stroke();
  painter.setLineDash([]);
  painter.globalAlpha = 1;
}
