// The picked weight: its value to set, its gradient as a product along every path, the check, and its update.

import { fill, make, mark, say } from "./panel.js";
import { spoken, typeset } from "./formula.js";
import { showLines } from "./stepcard.js";

export const CHAIN_STYLE = `
  .update .lines { max-height: none; }
  .pickers { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
  .pickers label { display: flex; gap: 5px; align-items: center; color: var(--st-gray-text-color); font-size: 12px; }
  select, input.number { font: 13px/20px var(--st-code-font); color: inherit; background: var(--st-background-color);
    border: 1px solid var(--st-border-color); border-radius: 6px; padding: 2px 6px; color: var(--st-text-color); }
  input.number { width: 82px; } input.number[aria-invalid=true] { border-color: var(--st-orange-color); }
  .refused { margin: 0; color: var(--st-orange-text-color); font-size: 12px; line-height: 16px; }
  .refused:empty { display: none; }
  .paths { display: grid; gap: 6px; max-height: 150px; overflow-y: auto; }
  .path { display: flex; flex-wrap: wrap; align-items: end; gap: 2px 5px; }
  .factor { display: grid; justify-items: center; font-size: 11.5px; line-height: 17px; color: var(--st-gray-text-color); }
  .factor .mono, .path .mono { font-size: 12.5px; color: var(--st-text-color); }
  .factor.zero .mono { color: var(--st-orange-text-color); font-weight: 700; }
  .total { font: 600 13px/20px var(--st-code-font); }
  .checking { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: baseline; }
  .checking p { margin: 0; font-size: 12px; line-height: 17px; flex: 1 1 180px; }
  .agrees { color: var(--st-blue-text-color); font-weight: 600; } .differs { color: var(--st-orange-text-color); font-weight: 600; }
  button.act { font: 500 12.5px/18px var(--st-font); color: var(--st-text-color); background: none; cursor: pointer;
    border: 1px solid var(--st-border-color); border-radius: 6px; padding: 2px 10px; }
  button.act:hover:not(:disabled) { border-color: var(--st-primary-color); color: var(--st-primary-color); }
  button.act:disabled { opacity: .45; cursor: default; }
`;

// `on` is told: pick(name), set(name, text), check().
export function openChain(on) {
  const box = make("section", "card");
  const update = make("section", "card update");
  const head = make("span");
  const title = make("h3");
  title.append(head);
  const pickers = make("div", "pickers");
  const chooser = make("select");
  const field = openField((text) => on.set(chooser.value, text));
  const [one, other] = [make("label"), make("label")];
  const texts = [one, other].map((label) => label.appendChild(make("span")));
  one.append(chooser);
  other.append(field.input);
  pickers.append(one, other);
  const [told, paths, total, warning] = [make("p", "sentence"), make("div", "paths", { tabIndex: 0 }), make("div", "total"), make("p", "warning")];
  const checking = make("div", "checking");
  const [button, result] = [make("button", "act", { type: "button" }), make("p", "", { attributes: { role: "status" } })];
  checking.append(button, result);
  box.append(title, pickers, field.refused, told, paths, total, warning, checking);
  chooser.onchange = () => on.pick(chooser.value);
  button.onclick = () => on.check();
  const parts = { title: update.appendChild(make("h3")), state: update.appendChild(make("p", "sentence")),
    lines: update.appendChild(make("div", "lines", { tabIndex: 0 })) };
  return { box, update, head, chooser, field, texts, told, paths, total, warning, button, result, parts };
}

// A field for one number: Enter or leaving it sends what was typed; what is no number gets a sentence.
export function openField(send) {
  const input = make("input", "number", { type: "text", inputMode: "decimal", autocomplete: "off" });
  const refused = make("p", "refused", { attributes: { role: "alert" } });
  const field = { input, refused, given: "", sentence: "" };
  const leave = () => {
    const text = input.value.trim().replace(",", ".").replace("−", "-");
    if (input.value === field.given) return;
    const wrong = text === "" || !Number.isFinite(Number(text));
    refuse(field, wrong ? fill(field.sentence, { value: input.value.slice(0, 20) || "—" }) : "");
    if (!wrong) send(text);
  };
  input.onblur = leave;
  input.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter") leave();
    if (event.key === "Escape") { input.value = field.given; refuse(field, ""); }
  };
  return field;
}

export function refuse(field, text) {
  say(field.refused, text);
  mark(field.input, "aria-invalid", Boolean(text));
}

// Show a value in a field; what is being typed there stays until there is another value.
export function give(field, text, sentence) {
  const typing = field.input.getRootNode().activeElement === field.input || field.refused.textContent;
  field.sentence = sentence;
  if (field.given !== text || !typing) field.input.value = text;
  if (field.given !== text) refuse(field, "");
  field.given = text;
}

export function showChain(view, { answer, words, write, exact, refused }) {
  const { picked } = answer;
  typeset(view.head, picked.slope);
  say(view.texts[0], words.weight);
  say(view.texts[1], words.value);
  choices(view.chooser, answer);
  mark(view.chooser, "aria-label", words.weight);
  give(view.field, write(answer.weights[picked.name].value), words.not_a_number);
  if (refused?.name === picked.name) refuse(view.field, refused.text);
  say(view.told, fill(picked.paths.length + picked.more.count > 1 ? words.many_paths : words.one_path, { n: picked.paths.length + picked.more.count }));
  showPaths(view.paths, picked, words, write);
  const sum = picked.paths.length > 1 && picked.paths.length <= 4 ? picked.paths.map(({ product }, at) => bracket(write(product), at)).join(" + ") : "";
  typeset(view.total, `${picked.slope} = ${sum && `${sum} = `}${write(picked.sum)}`);
  view.warning.hidden = !picked.dead;
  say(view.warning, picked.dead ? words.dead : "");
  say(view.button, words.check);
  showCheck(view.result, answer.check, words, write, exact);
  showUpdate(view.parts, answer, words, write);
}

const bracket = (text, index) => (text.startsWith("−") && index > 0 ? `(${text})` : text);

function choices(chooser, answer) {
  const names = Object.keys(answer.weights);
  if (chooser.dataset.names !== names.join()) {
    chooser.dataset.names = names.join();
    chooser.replaceChildren(...names.map((name) => make("option", "", { value: name, text: spoken(answer.weights[name].symbol) })));
  }
  chooser.value = answer.picked.name;
}

function showPaths(box, { paths, more }, words, write) {
  box.replaceChildren(...paths.map(({ factors, product }) => {
    const row = make("div", "path");
    factors.forEach(({ symbol, value }, index) => {
      const tile = make("span", value === 0 ? "factor zero" : "factor");
      tile.append(typeset(make("span"), symbol), make("span", "mono", { text: bracket(write(value), index) }));
      if (index) row.append(make("span", "mono", { text: "·" }));
      row.append(tile);
    });
    row.append(make("span", "mono", { text: `= ${write(product)}` }));
    return row;
  }));
  if (more.count) box.append(make("div", "note", { text: fill(words.more_paths, { n: more.count, sum: write(more.sum) }) }));
}

// The verdict is dlcore's (explain/finite_difference.py); the numbers are written so far that it can be seen.
function showCheck(box, check, words, write, exact) {
  if (!check) return void box.replaceChildren(document.createTextNode(words.check_hint));
  const [loss, slope] = [exact(digitsApart(check)), exact(Math.max(check.digits + 1, 4))];
  const shown = { step: write(check.step), plus: loss(check.plus), minus: loss(check.minus), estimate: slope(check.estimate), gradient: slope(check.gradient) };
  const kind = ["agrees", "zero"].includes(check.verdict) ? "agrees" : "differs";
  box.replaceChildren(document.createTextNode(`${fill(words.compared, shown)} `),
    make("span", kind, { text: fill(words[check.verdict], { n: check.digits, shown: check.shown }) }));
}

// Returns how many digits two losses need to show three of their difference.
function digitsApart({ plus, minus }) {
  const apart = Math.abs(plus - minus) / Math.max(Math.abs(plus), Math.abs(minus));
  return apart > 0 ? Math.min(Math.max(Math.ceil(-Math.log10(apart)) + 3, 6), 17) : 17;
}

function showUpdate(parts, answer, words, write) {
  typeset(parts.title, `${fill(words.update, { n: answer.update + 1 })}: ${words.optimizer}`);
  say(parts.state, `${fill(words.rate, { rate: write(answer.rate) })} · ${fill(words.effect, { before: write(answer.loss), after: write(answer.loss_after) })}`);
  showLines(parts.lines, answer.picked.lines, write);
}
