// How far a Job is: a thin bar with words, there only while it is worked on; it asks Python again until it is done.

const version = new URL(import.meta.url).search;
const { component, make, mark, say } = await import(`./panel.js${version}`);
const { openPending } = await import(`./pending.js${version}`);

const STYLE = `
  .track { height: 4px; border-radius: 2px; background: var(--st-border-color); overflow: hidden; }
  .track i { display: block; height: 100%; background: var(--st-primary-color); transform-origin: left; }
  .text { color: var(--st-gray-text-color); font-size: 12px; line-height: 20px; min-height: 20px; }
`;

export default component(STYLE, (stage) => {
  const track = make("div", "track", { attributes: { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 } });
  const bar = track.appendChild(make("i"));
  const text = make("div", "text", { attributes: { role: "status" } });
  stage.box.replaceChildren(track, text);
  const again = openPending(stage);
  return {
    update({ meta }, { setStateValue }) {
      track.style.visibility = meta.pending ? "" : "hidden";
      bar.style.transform = `scaleX(${meta.progress ?? 0})`;
      mark(track, "aria-valuenow", Math.round(100 * (meta.progress ?? 0)));
      mark(track, "aria-label", meta.text ?? "");
      say(text, meta.text ?? "");
      again(meta, setStateValue);
    },
  };
});
