// The button that trains the same settings with five seeds, and how far that is; the bands go to the curves.

const version = new URL(import.meta.url).search;
const { component, make, mark, say } = await import(`./panel.js${version}`);
const { publishTopics } = await import(`./tick.js${version}`);

const STYLE = `
  .row { display: flex; align-items: center; gap: 8px; min-height: 24px; white-space: nowrap; }
  .track { flex: 1; height: 4px; border-radius: 2px; background: var(--st-border-color); overflow: hidden; min-width: 30px; }
  .bar { height: 100%; background: var(--st-primary-color); transform-origin: left; transition: transform 120ms linear; }
  .note { font-size: 12px; }
`;

export default component(STYLE, (stage) => {
  const row = make("div", "row");
  const button = row.appendChild(make("button", "quiet", { type: "button" }));
  const track = row.appendChild(make("span", "track", { attributes: { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 } }));
  const bar = track.appendChild(make("div", "bar"));
  const note = row.appendChild(make("span", "note"));
  stage.box.replaceChildren(row);
  let seq = 0;
  return {
    update(tick, { setStateValue }) {
      const { meta } = tick;
      seq = Math.max(seq, meta.seq);
      button.onclick = () => setStateValue("asked", { seq: (seq += 1), do: meta.running ? "stop" : "run" });
      button.disabled = meta.disabled;
      button.title = meta.words.said;
      say(button, meta.running ? meta.words.stop : meta.words.run);
      track.hidden = !meta.running;
      mark(track, "aria-label", meta.words.run);
      mark(track, "aria-valuenow", Math.round(100 * meta.progress));
      bar.style.transform = `scaleX(${meta.progress})`;
      say(note, meta.note);
      publishTopics(meta.channel, tick);
    },
  };
});
