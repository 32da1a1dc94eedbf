// The bar of the microscope: which layer and which map of it, the steps of the stamp, and what can be switched.

const version = new URL(import.meta.url).search;
const { fill, make, mark, say } = await import(`./panel.js${version}`);

export const BAR_STYLE = `
  .bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 8px; margin-bottom: 8px; min-height: 30px; }
  .bar select { font: 500 12.5px/18px var(--st-font); color: var(--st-text-color); background: var(--st-background-color); padding: 4px 6px;
    border: 1px solid var(--st-border-color); border-radius: 6px; max-width: 200px; }
  .bar button.quiet { line-height: 22px; padding: 1px 9px; font-size: 12.5px; color: var(--st-text-color); }
  .bar button.main { background: var(--st-primary-color); border-color: var(--st-primary-color); color: var(--st-background-color); min-width: 64px; }
  .bar button.main:hover { color: var(--st-background-color); }
  .bar button:disabled { opacity: .45; cursor: default; }
  .bar .count { min-width: 9ch; text-align: center; font-size: 12px; color: var(--st-gray-text-color); }
  .bar .group { display: flex; gap: 4px; align-items: center; }
  .bar .reading { margin-left: auto; font-weight: 600; }
  .bar .segments { display: flex; border: 1px solid var(--st-border-color); border-radius: 6px; overflow: hidden; }
  .bar .segments button { font: 500 12px/22px var(--st-code-font); border: 0; background: none; padding: 1px 8px; cursor: pointer; color: var(--st-gray-text-color); }
  .bar .segments button[aria-pressed=true] { background: var(--st-gray-background-color); color: var(--st-text-color); }
`;

// `acts`: layer(name), channel(index), move(way), play(), off(switched off), draw(number).
export function openBar(acts) {
  const box = make("div", "bar");
  const bar = { box, acts, built: "" };
  bar.layer = box.appendChild(make("select"));
  bar.layer.onchange = () => acts.layer(bar.layer.value);
  const maps = box.appendChild(make("div", "group"));
  bar.before = button(maps, "‹", () => acts.channel(bar.scene.walk.channel - 1));
  bar.count = maps.appendChild(make("span", "count mono"));
  bar.after = button(maps, "›", () => acts.channel(bar.scene.walk.channel + 1));
  const steps = box.appendChild(make("div", "group"));
  bar.back = button(steps, "−1", () => acts.move(-1));
  bar.play = button(steps, "", acts.play, "quiet main");
  bar.next = button(steps, "+1", () => acts.move(1));
  bar.modes = box.appendChild(make("div", "segments", { attributes: { role: "group" } }));
  bar.eval = bar.modes.appendChild(make("button", "", { type: "button", onclick: () => acts.draw(0) }));
  bar.train = bar.modes.appendChild(make("button", "", { type: "button", onclick: () => acts.draw(bar.scene.draw || 1) }));
  bar.again = button(box, "", () => acts.draw((bar.scene.draw % 9999) + 1));
  bar.off = button(box, "", () => acts.off(!bar.scene.walk.off));
  bar.reading = box.appendChild(make("span", "reading"));
  return bar;
}

const button = (box, text, onclick, kind = "quiet") => box.appendChild(make("button", kind, { type: "button", text, onclick }));

export function showBar(bar, scene) {
  bar.scene = scene;
  const { walk, layers, words, playing, reading, draw } = scene;
  const options = layers.filter(({ kind }) => kind !== "input");
  const built = options.map(({ name, label }) => name + label).join();
  if (bar.built !== built) {
    bar.built = built;
    bar.layer.replaceChildren(...options.map(({ name, label }) => make("option", "", { value: name, text: name === "scores" ? label : `${name} · ${label}` })));
  }
  bar.layer.value = walk.layer;
  mark(bar.layer, "aria-label", words.layer);
  say(bar.count, `${walk.channel + 1} / ${scene.count(walk.channels)}`);
  bar.before.disabled = walk.channel === 0;
  bar.after.disabled = walk.channel >= walk.channels - 1;
  say(bar.play, playing ? words.pause : words.play);
  bar.play.title = words.keys;
  const noise = layers.some(({ kind }) => kind === "dropout" || kind === "batch_norm");
  bar.modes.hidden = !noise;
  say(bar.eval, words.eval);
  say(bar.train, words.train);
  mark(bar.eval, "aria-pressed", draw === 0);
  mark(bar.train, "aria-pressed", draw > 0);
  bar.again.hidden = !noise || draw === 0;
  say(bar.again, words.again);
  bar.off.hidden = walk.kind !== "conv" || scene.fixed === true;
  bar.layer.hidden = scene.fixed === true;
  say(bar.off, walk.off ? words.on : words.off);
  mark(bar.off, "aria-pressed", walk.off);
  say(bar.reading, reading);
  for (const [name, text] of [["before", words.map_before], ["after", words.map_after], ["back", words.back], ["next", words.next]]) {
    mark(bar[name], "aria-label", text);
    bar[name].title = text;
  }
}
