// A small picture of a network: each line as thick as its weight's gradient is large, blue or orange as its sign.

import { component } from "./panel.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, RADIUS] = [300, 76, 8];

const STYLE = `
  svg { display: block; width: 100%; height: ${HEIGHT}px; }
  line { stroke-linecap: round; stroke: var(--st-primary-color); } line.negative { stroke: var(--st-orange-color); }
  circle { fill: var(--st-background-color); stroke: var(--st-gray-color); stroke-width: 1.5; }
`;

export default component(STYLE, (stage) => {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("role", "img");
  stage.box.replaceChildren(svg);
  return { update: ({ meta }) => show(svg, meta) };
});

function show(svg, { sizes, gradients, label }) {
  const largest = Math.max(...Object.values(gradients).map(Math.abs)) || 1;
  const lines = Object.entries(gradients).map(([name, gradient]) => {
    const [layer, to, from] = name.slice(1).split(".").map(Number);
    const [[x1, y1], [x2, y2]] = [place(layer - 1, from, sizes), place(layer, to, sizes)];
    return make("line", { x1, y1, x2, y2, class: gradient < 0 ? "negative" : "", "stroke-width": 0.6 + (5 * Math.abs(gradient)) / largest });
  });
  const circles = sizes.flatMap((count, layer) => Array.from({ length: count }, (_none, index) => {
    const [cx, cy] = place(layer, index + 1, sizes);
    return make("circle", { cx, cy, r: RADIUS });
  }));
  svg.setAttribute("aria-label", label);
  svg.replaceChildren(...lines, ...circles);
}

function place(layer, index, sizes) {
  const across = RADIUS + 2 + (layer * (WIDTH - 2 * RADIUS - 4)) / (sizes.length - 1);
  return [across, HEIGHT / 2 + (index - 1 - (sizes[layer] - 1) / 2) * 26];
}

function make(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
