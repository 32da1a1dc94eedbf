// Asking again while something is worked on: Python runs the panel's fragment once more for every number it is sent.

const PAUSE = 90; // milliseconds between two looks at a Job
const SLEEPY = 500; // while the engine is waking

export function openPending(stage) {
  let timer = 0;
  stage.onEnd(() => clearTimeout(timer));
  return ({ pending, waiting, seq }, setStateValue) => {
    clearTimeout(timer);
    if (pending) timer = setTimeout(() => stage.root.isConnected && setStateValue("seen", seq), waiting ? SLEEPY : PAUSE);
  };
}
