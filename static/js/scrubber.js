// A slider over moments that are all in the browser already: drag, step or play; nobody is asked for anything.

import { make, mark, say } from "./panel.js";

export const SCRUBBER_STYLE = `
  .scrubber { display: flex; align-items: center; gap: 8px; height: 34px; }
  .scrubber button.quiet { width: 30px; height: 28px; padding: 0; display: grid; place-items: center; flex: none; }
  .scrubber button.quiet:disabled { opacity: .4; cursor: default; }
  .scrubber svg { width: 14px; height: 14px; fill: currentcolor; }
  .scrubber input { flex: 1; min-width: 60px; height: 34px; margin: 0; appearance: none; background: none; cursor: pointer; }
  .scrubber input::-webkit-slider-runnable-track { height: 4px; border-radius: 2px; background: linear-gradient(to right,
    var(--st-primary-color) var(--done, 0%), var(--st-border-color) var(--done, 0%)); }
  .scrubber input::-moz-range-track { height: 4px; border-radius: 2px; background: var(--st-border-color); }
  .scrubber input::-moz-range-progress { height: 4px; border-radius: 2px; background: var(--st-primary-color); }
  .scrubber input::-webkit-slider-thumb { appearance: none; width: 16px; height: 16px; margin-top: -6px; border-radius: 50%;
    border: 0; background: var(--st-primary-color); box-shadow: 0 0 0 4px color-mix(in srgb, var(--st-primary-color) 25%, transparent); }
  .scrubber input::-moz-range-thumb { width: 16px; height: 16px; border: 0; border-radius: 50%; background: var(--st-primary-color); }
  .scrubber output { flex: none; text-align: right; font-size: 12px; white-space: nowrap; color: var(--st-gray-text-color); }
`;
const SIGNS = { play: "M3 1.5v11l9.5-5.5z", pause: "M3 1.5h3v11H3zM8 1.5h3v11H8z", back: "M2 1.5h2v11H2zM12 1.5v11L4.5 7z",
  on: "M10 1.5h2v11h-2zM2 1.5v11L9.5 7z" };
const WHOLE = 5000; // milliseconds that a play through all moments takes

// `moved(index)` is told where it stands. Returns {node, set, configure, index, stop}.
export function openScrubber(stage, moved) {
  const node = make("div", "scrubber");
  const [back, play, on] = ["back", "play", "on"].map((name) => node.appendChild(openButton(name)));
  const input = node.appendChild(make("input", "", { type: "range", min: 0, max: 1, step: 1, value: 0 }));
  const output = node.appendChild(make("output", "mono"));
  const state = { index: 0, last: 1, stride: 1, write: String, words: {}, frame: 0, from: 0, since: 0, turned: false };

  function show() {
    input.value = state.index;
    input.style.setProperty("--done", `${(100 * state.index) / state.last}%`);
    const text = state.write(state.index);
    say(output, text);
    mark(input, "aria-valuetext", text);
    back.disabled = state.index <= 0;
    on.disabled = state.index >= state.last;
    draw(play, state.frame ? "pause" : "play");
    mark(play, "aria-label", (state.frame ? state.words.pause : state.words.play) ?? "");
  }

  function go(index) {
    const next = Math.min(Math.max(Math.round(index), 0), state.last);
    if (next !== state.index) {
      state.index = next;
      moved(next);
    }
    show();
  }

  function stop() {
    cancelAnimationFrame(state.frame);
    state.frame = 0;
    show();
  }

  function run(now) {
    state.since ||= now;
    const share = (now - state.since) / (WHOLE * Math.max(Math.min(state.last / 20, 1), 0.4));
    go(state.from + share * state.last);
    if (state.index >= state.last || !node.isConnected) return stop();
    state.frame = requestAnimationFrame(run);
  }

  play.onclick = () => {
    if (state.frame) return stop();
    Object.assign(state, { from: state.index >= state.last ? 0 : state.index, since: 0 });
    state.frame = requestAnimationFrame(run);
    show();
  };
  back.onclick = () => { stop(); go(state.index - state.stride); };
  on.onclick = () => { stop(); go(state.index + state.stride); };
  input.oninput = () => { if (state.frame) stop(); go(Number(input.value)); };
  input.onkeydown = (event) => event.stopPropagation();
  stage.onEnd(() => cancelAnimationFrame(state.frame));

  return {
    node,
    stop,
    get index() { return state.index; },
    // Where the first and the last moment stand, in pixels from the left.
    rail: () => [input.offsetLeft - node.offsetLeft + 8, input.offsetLeft - node.offsetLeft + input.offsetWidth - 8],
    set: (index) => { if (state.frame) stop(); go(index); },
    get share() { return state.index / state.last; },
    get playing() { return Boolean(state.frame); },
    play: () => state.frame || play.onclick(),
    // `last` is the last moment, `stride` what a press of a step button moves, `write(index)` the words for a moment.
    // Of another number of moments it stands at the same share of the way, and a play goes on.
    configure({ last, stride = 1, write, words, label }) {
      const longer = Math.max(last, 1) / state.last;
      Object.assign(state, { last: Math.max(last, 1), stride, write, words, from: state.from * longer });
      state.index = Math.round(state.index * longer);
      Object.assign(input, { max: state.last });
      mark(input, "aria-label", label);
      mark(back, "aria-label", words.back);
      mark(on, "aria-label", words.on);
      for (const button of [back, on]) button.title = button.getAttribute("aria-label");
      output.style.minWidth = `${write(state.last).length}ch`;
      show();
    },
  };
}

function openButton(name) {
  const button = make("button", "quiet", { type: "button" });
  draw(button, name);
  return button;
}

function draw(button, name) {
  if (button.dataset.sign === name) return;
  button.dataset.sign = name;
  button.innerHTML = `<svg viewBox="0 0 14 14" aria-hidden="true"><path d="${SIGNS[name]}"/></svg>`;
}
