// The run's state, its progress and the numbers beside it; hands each tick's topics to the other panels.

import { component, make, mark, say } from "./panel.js";
import { publish } from "./bus.js";
import { publishTopics } from "./tick.js";
import { openFollower } from "./follower.js";

const STYLE = `
  .panel { height: 34px; }
  .track { height: 4px; border-radius: 2px; background: var(--st-border-color); overflow: hidden; }
  .bar { height: 100%; background: var(--st-primary-color); transform-origin: left; }
  .row { display: flex; align-items: center; gap: 10px; height: 24px; margin-top: 6px; white-space: nowrap; }
  .pill { font-weight: 600; font-size: 12px; line-height: 22px; padding: 0 10px; border-radius: 11px; flex: none;
    color: var(--st-gray-text-color); background: var(--st-gray-background-color); }
  .pill:empty { display: none; }
  .pill.running { color: var(--st-green-text-color); background: var(--st-green-background-color); }
  .pill.finished { color: var(--st-blue-text-color); background: var(--st-blue-background-color); }
  .pill.interrupted, .pill.failed { color: var(--st-orange-text-color); background: var(--st-orange-background-color); }
  .left, .right { color: var(--st-gray-text-color); font-size: 12px; overflow: hidden; text-overflow: ellipsis; }
  .left { flex: 1 1 auto; min-width: 40px; }
  .right { flex: 0 1 auto; text-align: right; }
  @media (max-width: 480px) {
    .panel { height: 54px; }
    .row { flex-wrap: wrap; height: 44px; gap: 0 10px; align-content: space-between; }
    .left { text-align: right; }
    .right { flex: 1 0 100%; text-align: left; }
  }
`;

export default component(STYLE, (stage) => {
  const track = make("div", "track", { attributes: { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 } });
  const bar = track.appendChild(make("div", "bar"));
  const row = make("div", "row");
  const pill = row.appendChild(make("span", "pill", { attributes: { role: "status" } }));
  const left = row.appendChild(make("span", "left mono"));
  const right = row.appendChild(make("span", "right mono"));
  stage.box.replaceChildren(track, row);
  let shown = null;
  let seen = {};
  let contact = null; // what is said in the place of the state while the server is away

  function show({ state = {}, progress = 0, left: done = "", right: rate = "" }) {
    const kind = contact && state.kind ? "failed" : state.kind ?? "";
    say(pill, kind && contact ? contact : state.text ?? "");
    mark(pill, "class", `pill ${kind}`);
    say(left, done);
    say(right, contact ? "" : rate);
    mark(right, "title", rate);
    bar.style.transform = `scaleX(${Math.min(Math.max(progress ?? 0, 0), 1)})`;
    mark(track, "aria-valuenow", Math.round(100 * (progress ?? 0)));
    mark(track, "aria-valuetext", [pill.textContent, done, right.textContent].filter(Boolean).join(", "));
  }

  function take(tick) {
    show((seen = tick.meta));
    publish(tick.meta.channel, "state", { ...tick.meta, topics: undefined });
    publishTopics(tick.meta.channel, tick);
  }

  stage.hear("shell", "contact", ({ lost, text }) => {
    contact = lost ? text : null;
    show(seen);
  });
  const follower = openFollower(stage, take);
  return {
    update(tick, { data, setTriggerValue }) {
      if (!tick.meta.channel || data === shown) return;
      shown = data;
      mark(track, "aria-label", tick.meta.label ?? "");
      take(tick);
      follower.begin(tick.meta, setTriggerValue);
    },
    end: follower.end,
  };
});
