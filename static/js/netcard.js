// The card of one neuron: its bias and every weight that leads to it, to be set by hand; freeze it, or take it out.

const version = new URL(import.meta.url).search;
const { fill, make, mark, say } = await import(`./panel.js${version}`);
const { biasName, nameOf, weightName } = await import(`./netvalues.js${version}`);

export const CARD_STYLE = `
  .ncard { position: absolute; z-index: 6; width: 268px; max-width: calc(100% - 8px); padding: 10px 12px; border-radius: 10px; display: grid; gap: 8px;
    background: var(--st-background-color); border: 1px solid var(--st-border-color); box-shadow: 0 8px 26px rgb(0 0 0 / .16); }
  .ncard header { display: flex; align-items: center; gap: 8px; }
  .ncard header b { font-weight: 600; margin-right: auto; }
  .ncard .close { border: 0; background: none; color: var(--st-gray-text-color); cursor: pointer; font: 16px/1 var(--st-font); padding: 2px 5px; border-radius: 4px; }
  .ncard .rows { display: grid; grid-template-columns: minmax(38px, max-content) minmax(60px, 1fr) 68px; gap: 3px 8px; align-items: center; max-height: 216px; overflow-y: auto; padding: 2px; }
  .ncard label { font-size: 12px; white-space: nowrap; }
  .ncard input[type=range] { width: 100%; margin: 0; height: 22px; accent-color: var(--st-primary-color); cursor: pointer; }
  .ncard input[type=range].negative { accent-color: var(--st-orange-color); }
  .ncard input[type=text] { width: 100%; font: 12px/18px var(--st-code-font); padding: 2px 6px; border-radius: 5px; border: 1px solid var(--st-border-color);
    background: var(--st-background-color); color: var(--st-text-color); text-align: right; }
  .ncard .wrong { color: var(--st-orange-text-color); font-size: 12px; line-height: 16px; }
  .ncard footer { display: flex; gap: 6px; flex-wrap: wrap; }
`;
const REACH = 5; // of a slider; a typed number may be larger

// `on` is told: wish(what, key), waits(key), closed().
export function openCard(on) {
  const node = make("section", "ncard", { hidden: true, attributes: { role: "dialog" } });
  const header = node.appendChild(make("header"));
  const [title, close] = [header.appendChild(make("b")), header.appendChild(make("button", "close", { type: "button", text: "\u00d7" }))];
  const rows = node.appendChild(make("div", "rows"));
  const wrong = node.appendChild(make("div", "wrong", { attributes: { role: "alert" } }));
  const footer = node.appendChild(make("footer"));
  const switches = ["frozen", "removed"].map((name) => {
    const button = footer.appendChild(make("button", "quiet", { type: "button" }));
    button.onclick = () => on.wish({ do: name, name: card.name, on: button.getAttribute("aria-pressed") !== "true" }, `${name} ${card.name}`);
    return { name, button };
  });
  const card = { node, title, close, rows, wrong, switches, on, place: null, name: "", list: [], opener: null };
  close.onclick = () => closeCard(card);
  node.onkeydown = (event) => {
    event.stopPropagation(); // Streamlit has keys of its own
    if (event.key === "Escape") closeCard(card);
  };
  return card;
}

// Open the card of a neuron beside the place that was clicked; `focus` names the weight to begin with.
export function showCard(card, place, focus, opener, config, values) {
  Object.assign(card, { place, name: nameOf(place.layer, place.index), opener });
  card.list = entries(card, config, values);
  card.rows.replaceChildren(...card.list.flatMap(({ nodes }) => nodes));
  card.node.hidden = false;
  refreshCard(card, config, values);
  const first = card.list.find(({ name }) => name === focus) ?? card.list[0];
  if (config.locked) card.close.focus();
  else first?.text.focus();
  first?.text.select();
  first?.text.scrollIntoView?.({ block: "nearest" });
}

export function closeCard(card) {
  if (card.node.hidden) return;
  card.node.hidden = true;
  const { opener } = card;
  card.place = null;
  card.on.closed();
  if (opener?.isConnected && opener.tabIndex >= 0) opener.focus({ preventScroll: true });
}

function entries(card, config, values) {
  const { layer, index } = card.place;
  const sources = config.before(layer).filter(({ at }) => values?.hasLink(layer - 1, index, at) ?? true);
  const weights = sources.map(({ at, text }) => openEntry(card, weightName(config.active, layer - 1, index, at), text, (now) => now.weight(layer - 1, index, at)));
  return [openEntry(card, biasName(layer, index), config.words.bias, (now) => now.bias(layer, index)), ...weights];
}

function openEntry(card, name, text, read) {
  const label = make("label", "", { text, htmlFor: `value-${name}` });
  const range = make("input", "", { type: "range", min: -REACH, max: REACH, step: 0.01, tabIndex: -1, attributes: { "aria-label": text } });
  const field = make("input", "", { type: "text", id: `value-${name}`, inputMode: "decimal" });
  const entry = { name, read, range, text: field, nodes: [label, range, field], held: false };
  const ask = (value) => card.on.wish({ do: "weight", name, value }, name);
  range.onpointerdown = () => { entry.held = true; };
  range.onpointerup = range.onblur = () => { entry.held = false; };
  range.oninput = () => { field.value = range.value; paintSign(range); ask(Number(range.value)); };
  field.oninput = () => { entry.typed = true; };
  field.onkeydown = (event) => event.key === "Enter" && field.onchange();
  field.onchange = () => { if (entry.typed) ask(field.value.trim().replace(",", ".").replace("\u2212", "-")); entry.typed = false; };
  field.onblur = () => field.onchange();
  return entry;
}

const paintSign = (range) => range.classList.toggle("negative", Number(range.value) < 0);

// Follow the network: whatever the hand is not at shows the value of now.
export function refreshCard(card, config, values) {
  if (card.node.hidden) return;
  const { words } = config;
  say(card.title, config.nameOf(card.place.layer, card.place.index));
  mark(card.node, "aria-label", card.title.textContent);
  mark(card.close, "aria-label", words.close);
  for (const entry of card.list) {
    entry.range.disabled = entry.text.disabled = config.locked;
    if (!values?.whole || entry.held || entry.typed || card.on.waits(entry.name)) continue;
    const value = entry.read(values);
    entry.range.value = value;
    paintSign(entry.range);
    const written = value.toFixed(3);
    if (entry.text.value !== written && card.node.getRootNode().activeElement !== entry.text) entry.text.value = written;
    else if (entry.text.value === "") entry.text.value = written;
  }
  const last = card.place.layer === config.counts.length - 1;
  for (const { name, button } of card.switches) {
    say(button, words[name]);
    button.title = words[`${name}_said`];
    mark(button, "aria-pressed", config[name].includes(card.name));
    button.hidden = name === "removed" && last;
    button.disabled = config.locked;
  }
  const refused = config.refused;
  say(card.wrong, refused && card.list.some(({ name }) => name === refused.name) ? refused.text : "");
  card.wrong.hidden = !card.wrong.textContent;
}
