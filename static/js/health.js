// The size of the gradient in each layer, as bars on a logarithmic scale: without a cure in grey, with it in blue.

import { component, fill, make, mark } from "./panel.js";
import { typeset, writer } from "./formula.js";

const STYLE = `
  .bars { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 6px; height: 112px; position: relative; padding-left: 34px; margin-top: 16px; }
  .layer { display: flex; gap: 2px; align-items: flex-end; border-bottom: 1px solid var(--st-border-color); position: relative; }
  .layer i { flex: 1; min-height: 2px; border-radius: 3px 3px 0 0; background: var(--st-gray-color); opacity: .55; }
  .layer i.cured { background: var(--st-primary-color); opacity: 1; }
  .tick { position: absolute; left: 0; right: 0; border-top: 1px solid var(--st-border-color); font-size: 10.5px; line-height: 13px;
    color: var(--st-gray-text-color); pointer-events: none; }
  .tick sup { font-size: 8.5px; line-height: 0; }
  .names { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 6px; padding-left: 34px; text-align: center;
    font-size: 11px; color: var(--st-gray-text-color); }
  .key { display: flex; gap: 12px; font-size: 12px; color: var(--st-gray-text-color); flex-wrap: wrap; }
  .key i { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 4px; background: var(--st-gray-color); opacity: .55; }
  .key i.cured { background: var(--st-primary-color); opacity: 1; }
`;
const LOWEST = -12;

export default component(STYLE, (stage) => {
  const key = make("div", "key");
  const bars = make("div", "bars", { attributes: { role: "img" } });
  const names = make("div", "names", { attributes: { "aria-hidden": true } });
  stage.box.replaceChildren(key, bars, names);
  return { update: ({ meta }) => show(meta, { key, bars, names }) };
});

function show({ plain, cured, words, label, language }, { key, bars, names }) {
  const write = writer(language, 2);
  const exponents = [...plain, ...cured].filter((size) => size > 0).map(Math.log10);
  const low = Math.max(LOWEST, Math.floor(Math.min(...exponents)));
  const high = Math.ceil(Math.max(...exponents));
  const height = (size) => `${(100 * Math.max(0, (Math.log10(size || 1e-99) - low) / (high - low))).toFixed(1)}%`;
  key.replaceChildren(...["plain", "cured"].map((name) => {
    const item = make("span", "");
    item.append(make("i", name), words[name]);
    return item;
  }));
  const ticks = [high, Math.round((low + high) / 2), low + 1].map((power) => {
    const tick = typeset(make("span", "tick mono"), `10^{${power}}`.replace("-", "−"));
    tick.style.bottom = height(10 ** power);
    return tick;
  });
  bars.replaceChildren(...ticks, ...plain.map((size, layer) => {
    const column = make("div", "layer", { title: `${fill(words.layer, { n: layer + 1 })}: ${words.plain} ${write(size)}, ${words.cured} ${write(cured[layer])}` });
    for (const [name, value] of [["plain", size], ["cured", cured[layer]]]) {
      const bar = column.appendChild(make("i", name));
      bar.style.height = height(value);
    }
    return column;
  }));
  names.replaceChildren(...plain.map((_size, layer) => make("span", "mono", { text: layer + 1 })));
  mark(bars, "aria-label", `${words.axis}. ${label}`);
}
