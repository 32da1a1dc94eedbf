// What a network that reads digits makes of a picture: a bar for each digit, and the likeliest in words.

import { fill, make, mark, paper, say } from "./panel.js";

export function openReads() {
  const node = make("figure", "part");
  const canvas = node.appendChild(make("canvas", "", { attributes: { role: "img" } }));
  canvas.style.boxShadow = "none";
  return { node, canvas, caption: node.appendChild(make("figcaption")) };
}

export function paintReads({ canvas, caption }, shares, { words, language }, theme) {
  const { painter, width, height } = paper(canvas);
  const [row, left] = [height / shares.length, 14];
  const top = shares.indexOf(Math.max(...shares));
  Object.assign(painter, { font: `9px ${theme.mono}`, textBaseline: "middle", textAlign: "left" });
  shares.forEach((share, digit) => {
    painter.fillStyle = digit === top ? theme.ink : theme.muted;
    painter.fillText(digit, 2, row * (digit + 0.5) + 0.5);
    painter.fillStyle = theme.line;
    painter.fillRect(left, row * digit + 1.5, width - left, row - 3);
    painter.fillStyle = digit === top ? theme.blue : theme.grey;
    painter.fillRect(left, row * digit + 1.5, (width - left) * share, row - 3);
  });
  const percent = new Intl.NumberFormat(language, { style: "percent" }).format(shares[top]);
  say(caption, fill(words.reads, { digit: top, share: percent }));
  mark(canvas, "aria-label", caption.textContent);
}
