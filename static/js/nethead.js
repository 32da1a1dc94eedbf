// Over the diagram: how many hidden layers, and over each of them how many neurons and which activation function.

const version = new URL(import.meta.url).search;
const { fill, make, mark, say } = await import(`./panel.js${version}`);

export const HEAD_STYLE = `
  .nethead .count { display: inline-flex; align-items: center; gap: 4px; white-space: nowrap; }
  .nethead { display: flex; align-items: center; gap: 6px; min-height: 24px; }
  .nethead .note { flex: 1 1 0; }
  .nethead .count b { font-weight: 500; }
  .pm { width: 20px; height: 20px; padding: 0; border-radius: 5px; border: 1px solid var(--st-border-color); background: none;
    color: var(--st-text-color); font: 500 14px/1 var(--st-font); cursor: pointer; flex: none; }
  .pm:hover:enabled { border-color: var(--st-gray-text-color); } .pm:disabled { opacity: .35; cursor: default; }
  .heads { position: relative; height: 46px; }
  .layerhead { position: absolute; top: 0; transform: translateX(-50%); display: grid; gap: 3px; justify-items: center; }
  .layerhead .count b { font: 500 13px/20px var(--st-code-font); display: inline-block; min-width: 20px; text-align: center; }
  .layerhead select { width: 100%; max-width: 88px; appearance: none; border: 0; background: none; color: var(--st-gray-text-color);
    font: 12px/16px var(--st-font); text-align: center; text-align-last: center; cursor: pointer; text-overflow: ellipsis; padding: 1px 2px; border-radius: 4px; }
  .layerhead select:hover:enabled { color: var(--st-text-color); background: var(--st-gray-background-color); }
  .layerhead select:disabled { cursor: default; opacity: 1; }
  .layerhead option { color: var(--st-text-color); background: var(--st-background-color); }
  .edgehead { position: absolute; top: 2px; color: var(--st-gray-text-color); font-size: 12px; white-space: nowrap; }
  .edgehead.out { transform: translateX(-100%); }
  .compact .pm { width: 17px; height: 18px; } .compact .count { gap: 1px; } .compact .layerhead .count b { min-width: 17px; font-size: 12px; }
`;

// `wish` takes what is asked: {do: "layers"|"units"|"activation", ...}.
export function openHeads(wish) {
  const top = make("div", "nethead head");
  const title = top.appendChild(make("span", "title"));
  const note = top.appendChild(make("span", "note"));
  const layers = openCounter((step) => wish({ do: "layers", count: view.config.layers.length + step }));
  top.append(layers.node);
  const row = make("div", "heads");
  const ends = ["in", "out"].map((name) => row.appendChild(make("span", `edgehead ${name}`)));
  const view = { top, title, note, layers, row, ends, heads: [], config: null, wish };
  return view;
}

function openCounter(change) {
  const node = make("span", "count");
  const [less, more] = ["\u2212", "+"].map((text) => make("button", "pm", { type: "button", text }));
  const value = make("b");
  less.onclick = () => change(-1);
  more.onclick = () => change(1);
  node.append(less, value, more);
  return { node, less, more, value };
}

export function showHeads(view, config) {
  view.config = config;
  const { words, limits, layers, locked } = config;
  say(view.title, words.network);
  say(view.note, locked ? "" : words.network_note);
  view.note.title = view.note.textContent;
  say(view.layers.value, fill(words.hidden_layers, { n: layers.length }));
  setCounter(view.layers, { least: layers.length <= 0, most: layers.length >= limits.layers, locked }, [words.fewer_layers, words.more_layers]);
  while (view.heads.length > layers.length) view.heads.pop().node.remove();
  while (view.heads.length < layers.length) view.heads.push(openLayerHead(view, view.heads.length));
  layers.forEach((layer, at) => showLayer(view.heads[at], layer, at, config));
  say(view.ends[0], words.features);
  say(view.ends[1], config.counts.at(-1) > 1 ? words.outputs : words.output);
}

function openLayerHead(view, at) {
  const node = view.row.appendChild(make("div", "layerhead"));
  const counter = openCounter((step) => view.wish({ do: "units", layer: at, count: view.config.layers[at].neurons + step }));
  const select = make("select");
  select.onchange = () => view.wish({ do: "activation", layer: at, name: select.value });
  node.append(counter.node, select);
  return { node, counter, select, filled: "" };
}

function showLayer({ counter, select, ...head }, { neurons, activation }, at, { words, limits, activations, locked, language }) {
  say(counter.value, String(neurons));
  const named = (text) => fill(text, { layer: at + 1 });
  setCounter(counter, { least: neurons <= 1, most: neurons >= limits.neurons, locked }, [named(words.fewer_neurons), named(words.more_neurons)]);
  if (select.dataset.language !== language) {
    select.replaceChildren(...activations.map(([value, text]) => make("option", "", { value, text })));
    select.dataset.language = language;
  }
  select.value = activation;
  select.disabled = locked;
  mark(select, "aria-label", named(words.activation));
  mark(head.node, "role", "group");
  mark(head.node, "aria-label", named(words.layer));
}

function setCounter({ less, more }, { least, most, locked }, [fewer, further]) {
  less.disabled = locked || least;
  more.disabled = locked || most;
  mark(less, "aria-label", fewer);
  mark(more, "aria-label", further);
}

// Put the heads over the columns of the diagram.
export function placeHeads({ heads, ends, row }, { columns }) {
  const pitch = columns.length > 1 ? columns[1].x - columns[0].x : 90;
  row.classList.toggle("compact", pitch < 74);
  heads.forEach(({ node }, at) => {
    node.style.left = `${columns[at + 1].x + columns[at + 1].size / 2}px`;
    node.style.width = `${Math.min(96, pitch - 3)}px`;
  });
  ends[0].style.left = "0";
  ends[1].style.left = `${columns.at(-1).x + columns.at(-1).size + 14}px`;
}
