// Under the plane: what a click does (look, or put a point of a class), what is shown, and the point that was picked.

const version = new URL(import.meta.url).search;
const { fill, make, mark, say } = await import(`./panel.js${version}`);
const { classColours } = await import(`./surface.js${version}`);

export const TOOLS_STYLE = `
  .tools { display: flex; align-items: center; gap: 5px; min-width: 0; white-space: nowrap; font-size: 12px; }
  .tools .word { color: var(--st-gray-text-color); margin-right: 2px; }
  .tools .gap { margin-left: auto; }
  .tool { min-width: 24px; height: 22px; display: inline-flex; align-items: center; justify-content: center; gap: 5px; padding: 0 6px; border-radius: 6px; flex: none;
    border: 1px solid var(--st-border-color); background: none; color: var(--st-text-color); font: 500 12px/1 var(--st-font); cursor: pointer; }
  .tool i { width: 9px; height: 9px; border-radius: 50%; flex: none; }
  .tool:hover:enabled { border-color: var(--st-gray-text-color); }
  .tool[aria-pressed=true] { border-color: var(--st-text-color); box-shadow: inset 0 0 0 1px var(--st-text-color); }
  .tool:disabled { opacity: .4; cursor: default; }
  .tools .say { color: var(--st-gray-text-color); overflow: hidden; text-overflow: ellipsis; min-width: 0; }
  .tools .say.refused { color: var(--st-orange-text-color); white-space: normal; line-height: 15px; }
  .key { display: inline-flex; align-items: center; gap: 4px; color: var(--st-gray-text-color); }
  .key i { width: 8px; height: 8px; background: var(--st-gray-color); border-radius: 50%; } .key i.diamond { border-radius: 1px; transform: rotate(45deg) scale(.85); }
`;

const MOST_NAMED = 3; // of so many classes each chip has a name; of more there is room for their colours only

export function openTools(view, on) {
  const [put, shown, picked] = ["put", "shown", "picked"].map((name) => make("div", `tools ${name}`));
  const word = put.appendChild(make("span", "word"));
  const chips = put.appendChild(make("span", "tools", { attributes: { role: "group" } }));
  const [undo, clear] = ["undo", "clear"].map((name) => {
    const button = put.appendChild(make("button", "quiet", { type: "button" }));
    button.onclick = () => on.wish({ do: name });
    return button;
  });
  undo.classList.add("gap");
  const switches = ["test", "discrete"].map((name) => {
    const button = shown.appendChild(make("button", "quiet", { type: "button" }));
    button.onclick = () => on.wish({ do: "show", name, on: button.getAttribute("aria-pressed") !== "true" }, `show ${name}`);
    return { name, button };
  });
  const keys = ["disc", "diamond"].map((name) => {
    const key = shown.appendChild(make("span", `key ${name === "disc" ? "gap" : ""}`));
    key.append(make("i", name));
    return key.appendChild(make("span"));
  });
  const text = picked.appendChild(make("span", "say", { attributes: { "aria-live": "polite" } }));
  const walk = picked.appendChild(make("button", "quiet gap", { type: "button" }));
  walk.onclick = () => view.probe && on.wish({ do: "walk", at: view.probe });
  const list = [];
  return { rows: [put, shown, picked], word, chips, undo, clear, switches, keys, text, walk, list, on };
}

export function showTools(tools, view) {
  const { config, state } = view;
  if (!config) return;
  showChips(tools, view);
  const { words } = config;
  say(tools.word, words.put);
  tools.word.hidden = config.labels_put.length > MOST_NAMED;
  say(tools.undo, words.undo);
  say(tools.clear, words.clear);
  tools.undo.disabled = tools.clear.disabled = config.locked_data || !config.own;
  tools.rows[0].hidden = config.locked_data;
  for (const { name, button } of tools.switches) {
    say(button, words[name]);
    mark(button, "aria-pressed", name === "test" ? config.show_test : config.discrete);
  }
  ["training", "testing"].forEach((name, at) => say(tools.keys[at], fill(words[name], { n: config.counted[at] })));
  showPicked(tools, view, state);
}

function showChips({ chips, list }, view) {
  const { config, state, stage: { theme } } = view;
  const wanted = [null, ...config.labels_put.map((_, label) => label)];
  while (list.length > wanted.length) list.pop().remove();
  while (list.length < wanted.length) list.push(chips.appendChild(make("button", "tool", { type: "button" })));
  mark(chips, "aria-label", config.words.put);
  const colours = classColours(theme, Math.max(wanted.length - 1, 2));
  list.forEach((button, at) => {
    const label = wanted[at];
    const name = label === null ? config.words.look : config.labels_put[label];
    const text = label === null || config.labels_put.length <= MOST_NAMED ? name : "";
    if (button.dataset.text !== `${text}${colours[label] ?? ""}`) {
      button.replaceChildren(...(label === null ? [text] : [make("i"), text]));
      if (label !== null) button.firstChild.style.background = colours[label];
      button.dataset.text = `${text}${colours[label] ?? ""}`;
    }
    button.title = label === null ? "" : fill(config.words.put_class, { name });
    mark(button, "aria-label", label === null ? name : button.title);
    mark(button, "aria-pressed", state.tool === label);
    button.onclick = () => view.choose(label);
  });
}

function showPicked({ text, walk }, view, state) {
  const { config, probe } = view;
  const refused = config.refused?.text ?? "";
  const hint = state.tool === null ? config.words.pick : config.words.pull;
  const said = probe ? `${config.write(probe[0])}, ${config.write(probe[1])}: ${view.read(probe)}` : hint;
  say(text, refused || said);
  text.classList.toggle("refused", Boolean(refused));
  text.title = refused || said;
  say(walk, config.words.walk);
  walk.hidden = !probe;
}
