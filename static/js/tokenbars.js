// Numbers of tokens side by side in one table, each column with its bars: attribution beside attention.
//
// The topic: names [text], columns [{title, kind ("signed" or "share"), note}], float32 "values" (columns, names), marked.

import { component, make, numbers, say } from "./panel.js";
import { publishTopics } from "./tick.js";
import { writer } from "./formula.js";
import { largest, showRows, STRIPS_STYLE } from "./strips.js";
import { shown } from "./headmaps.js";

export default component(STRIPS_STYLE, (stage) => {
  const head = make("div", "head");
  const [title, note] = [head.appendChild(make("span", "title")), head.appendChild(make("span", "note"))];
  const place = make("div", "strips");
  stage.box.replaceChildren(head, place);
  let [told, config, seen] = [null, null, null];

  function draw() {
    if (!config || !told?.names) return;
    say(title, config.title);
    say(note, told.note ?? "");
    showRows(place, [{ key: "bars", kind: "bars", label: config.words.token, names: told.names.map(shown), marked: told.marked ?? -1, columns: told.columns.map(columnOf) }],
      { theme: stage.theme, language: config.language, words: config.words });
  }

  function columnOf({ title: name, kind }, at) {
    const count = told.names.length;
    const values = told.arrays.values.subarray(at * count, (at + 1) * count);
    return { title: name, values, bar: kind === "share" ? 1 : largest(values), text: kind === "share" ? numbers(config.language, "percent") : writer(config.language, 3) };
  }

  return {
    update(tick, { data }) {
      if (data === seen || !tick.meta.channel) return;
      [seen, config] = [data, tick.meta];
      stage.hear(config.channel, config.topic, (value) => { told = value; draw(); });
      publishTopics(config.channel, tick);
    },
    draw,
  };
});
