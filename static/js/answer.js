// What the network answers: the translation and whether it is right, what it would have told in the places of an
// answer that was typed (teacher forcing), or the tokens that a language model expects next.

import { component, fill, make, mark, numbers, say } from "./panel.js";
import { shown } from "./headmaps.js";

const STYLE = `
  .panel { min-height: 30px; display: flex; align-items: center; gap: 4px 10px; flex-wrap: wrap; }
  .arrow { color: var(--st-gray-text-color); flex: none; }
  .tokens { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: baseline; min-width: 0; max-width: calc(100% - 26px); }
  .tokens span { font: 600 16px/22px var(--st-code-font); border-bottom: 3px solid var(--st-border-color); }
  .tokens small { font: 400 11px/14px var(--st-code-font); color: var(--st-gray-text-color); margin-left: 3px; }
  .tokens small.else { color: var(--st-orange-text-color); }
  .tokens span.next { font-weight: 400; border-bottom-style: dotted; }
  .verdict { font-size: 12px; font-weight: 600; padding: 1px 9px; border-radius: 10px; flex: none; max-width: 100%; }
  .verdict:empty { display: none; }
  .verdict.right { color: var(--st-blue-text-color); background: var(--st-blue-background-color); }
  .verdict.wrong { color: var(--st-orange-text-color); background: var(--st-orange-background-color); }
  .verdict.forced { color: var(--st-gray-text-color); background: var(--st-gray-background-color); }
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
    rows.forEach((row, at) => show(tokens.children[at], row, percent, stage.theme, told.forced && at === rows.length - 1));
    const [text, kind] = verdictOf(told, config.words);
    say(verdict, text);
    mark(verdict, "class", `verdict ${kind}`);
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

function verdictOf({ translates, forced, right, truth_text: truth }, words) {
  if (!translates || (right === null && !forced)) return ["", ""];
  if (forced) return [words.forced, "forced"];
  return right ? [words.right, "right"] : [fill(words.wrong, { truth }), "wrong"];
}

// A token with its probability; where it is not the likeliest one, that one beside it.
function show(node, [token, share, best, most], percent, theme, next) {
  const other = best !== undefined && best !== token ? `${shown(best)} ${percent(most)}` : "";
  const key = [token, percent(share), other].join("\n");
  if (node.dataset.key !== key) {
    node.dataset.key = key;
    node.replaceChildren(shown(token), make("small", "", { text: percent(share) }), ...(other ? [make("small", "else", { text: other })] : []));
  }
  mark(node, "class", next ? "next" : "");
  node.style.borderColor = `color-mix(in srgb, ${theme.blue} ${Math.round(100 * share)}%, ${theme.line})`;
}
