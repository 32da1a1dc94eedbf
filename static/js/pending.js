// Asking again while something is worked on: Python runs the panel's fragment once more for every number it is sent.

const PAUSE = 90; // milliseconds between two looks at a Job
const SLEEPY = 500; // while the engine is waking
const PATIENCE = 4000; // after which it is asked once more: what was sent may have been lost

export function openPending(stage) {
  let timer = 0;
  stage.onEnd(() => clearTimeout(timer));
  function ask(seq, setStateValue, tries) {
    if (!stage.root.isConnected) return;
    setStateValue("seen", tries ? [seq, tries] : seq);
    timer = setTimeout(() => ask(seq, setStateValue, tries + 1), PATIENCE);
  }
  return ({ pending, waiting, seq }, setStateValue) => {
    clearTimeout(timer);
    if (pending) timer = setTimeout(() => ask(seq, setStateValue, 0), waiting ? SLEEPY : PAUSE);
  };
}
