// What happens at one step of a walk: a sentence, the formulas with their numbers, and the three figures of the node.

import { fill, make, say } from "./panel.js";
import { fillNumbers, spoken, typeset } from "./formula.js";

export const STEP_STYLE = `
  .card { display: grid; gap: 6px; align-content: start; min-width: 0; }
  .card h3 { margin: 0; font: 600 13px/20px var(--st-font); display: flex; gap: 6px; align-items: baseline; }
  .card h3 .note { font-weight: 400; }
  .sentence { margin: 0; } .warning { margin: 0; color: var(--st-orange-text-color); font-weight: 600; }
  .lines { display: grid; gap: 5px; max-height: 172px; overflow-y: auto; }
  .line { line-height: 21px; overflow-wrap: anywhere; } .line b { font-weight: 600; }
  .line .numbers { font-family: var(--st-code-font); font-size: 12px; font-feature-settings: "calt" 0; }
  .line.short { display: flex; flex-wrap: wrap; column-gap: 4px; }
  sub, sup { font-size: 9px; line-height: 0; }
  .figures { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px; border-top: 1px solid var(--st-border-color);
    padding-top: 6px; }
  .figures dt { color: var(--st-gray-text-color); font-size: 11.5px; line-height: 15px; }
  .figures dd { margin: 0; font: 600 14px/20px var(--st-code-font); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
`;

export function openStepCard() {
  const box = make("section", "card");
  const [head, sentence, warning, lines, figures] = [make("h3"), make("p", "sentence"), make("p", "warning"), make("div", "lines"),
    make("dl", "figures")];
  const [title, node] = [head.appendChild(make("span")), head.appendChild(make("span", "note mono"))];
  const shown = ["value", "local", "so_far"].map((name) => {
    const pair = figures.appendChild(make("div"));
    return { name, term: pair.appendChild(make("dt")), value: pair.appendChild(make("dd")) };
  });
  box.append(head, sentence, warning, lines, figures);
  return { box, title, node, sentence, warning, lines, figures, shown };
}

export function showStep(card, { step, words, write, answer }) {
  typeset(card.title, step.at === "L" ? "L" : answer.scalars[step.at].symbol);
  say(card.node, step.node);
  say(card.sentence, words.kinds[step.kind] ?? "");
  card.warning.hidden = !step.note;
  say(card.warning, step.note ? words.notes[step.note] : "");
  showLines(card.lines, step.lines, write);
  card.figures.hidden = step.value === null;
  for (const { name, term, value } of card.shown) {
    say(term, words.figures[name]);
    const found = step[name];
    say(value, found === null || found.length === 0 ? "—" : (Array.isArray(found) ? found : [found]).map(write).join("  "));
    value.title = value.textContent;
  }
}

// One block a line: what is found = symbols, = numbers, = result.
export function showLines(box, lines, write) {
  while (box.children.length > lines.length) box.lastChild.remove();
  while (box.children.length < lines.length) {
    const line = box.appendChild(make("div", "line"));
    line.append(make("span"), make("div", "numbers"));
  }
  lines.forEach((line, index) => {
    const [symbols, numbers] = box.children[index].children;
    typeset(symbols, `${line.of} ${line.symbols.includes(line.of) ? "←" : "="} ${line.symbols}`);
    typeset(numbers, `= ${numbersOf(line, write)}`);
  });
}

function numbersOf(line, write) {
  const filled = fillNumbers(line.numbers, line.values, write);
  return filled === write(line.result) ? filled : `${filled} = ${write(line.result)}`;
}

// The step as it is read aloud.
export function speak({ step, words, write, at, count }) {
  const line = step.lines.at(-1);
  const found = step.lines.length > 1
    ? step.lines.map((one) => `${spoken(one.of)} = ${write(one.result)}`).join(", ")
    : `${spoken(line.of)} = ${spoken(numbersOf(line, write))}`;
  const note = step.note ? ` ${words.notes[step.note]}` : "";
  return `${fill(words.step, { step: at + 1, count })}, ${words.phases[step.phase]}. ${found}.${note}`;
}
