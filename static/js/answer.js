// What the network answers: the translation and whether it is right, or the tokens that it expects next.

import { component, fill, make, mark, numbers, say } from "./panel.js";
import { shown } from "./headmaps.js";

const STYLE = `
  .panel { min-height: 30px; display: flex; align-items: center; gap: 4px 10px; flex-wrap: wrap; }
  .arrow { color: var(--st-gray-text-color); flex: none; }
  .tokens { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: baseline; min-width: 0; }
  .tokens span { font: 600 16px/22px var(--st-code-font); border-bottom: 3px solid var(--st-border-color); }
  .tokens small { font: 400 11px/14px var(--st-code-font); color: var(--st-gray-text-color); margin-left: 3px; }
  .verdict { font-size: 12px; font-weight: 600; padding: 1px 9px; border-radius: 10px; flex: none; }
  .verdict:empty { display: none; }
  .verdict.right { color: var(--st-blue-text-color); background: var(--st-blue-background-color); }
  .verdict.wrong { color: var(--st-orange-text-color); background: var(--st-orange-background-color); }
`;
const TOLD = 6;

export default component(STYLE, (stage) => {
  const arrow = make("span", "arrow");
  const tokens = make("div", "tokens", { attributes: { role: "status" } });
  const verdict = make("span", "verdict");
  stage.box.replaceChildren(arrow, tokens, verdict);
  let [told, config, seen] = [null, null, null];

  function draw() {
    if (!config || !told?.expected) return;
    const percent = numbers(config.language, "percent");
    const rows = told.translates ? told.told : told.expected.blue.at(-1).slice(0, TOLD);
    say(arrow, told.translates ? "→" : config.words.next);
    while (tokens.children.length > rows.length) tokens.lastChild.remove();
    while (tokens.children.length < rows.length) tokens.append(make("span"));
    rows.forEach(([token, share], at) => show(tokens.children[at], token, share, percent, stage.theme));
    say(verdict, !told.translates || told.right === null ? "" : told.right ? config.words.right : fill(config.words.wrong, { truth: told.truth_text }));
    mark(verdict, "class", `verdict ${told.right ? "right" : "wrong"}`);
    mark(tokens, "aria-label", rows.map(([token, share]) => `${token} ${percent(share)}`).join(", "));
  }

  return {
    update(tick, { data }) {
      if (data === seen || !tick.meta.channel) return;
      [seen, config] = [data, tick.meta];
      stage.hear(config.channel, config.topic, (value) => { told = value; draw(); });
      draw();
    },
    draw,
  };
});

function show(node, token, share, percent, theme) {
  const key = `${token}\n${percent(share)}`;
  if (node.dataset.key !== key) {
    node.dataset.key = key;
    node.replaceChildren(shown(token), make("small", "", { text: percent(share) }));
  }
  node.style.borderColor = `color-mix(in srgb, ${theme.blue} ${Math.round(100 * share)}%, ${theme.line})`;
}
