// A direct line to the server, outside the runs of the page's script (pages/ui/lines.py).

import { decode } from "./tick.js";
import { waiting } from "./panel.js";

const heard = (globalThis[Symbol.for("derin.heard")] ??= { at: -Infinity }); // when a line answered last, on any panel

// Returns the milliseconds since a line was answered.
export const sinceAnswer = () => performance.now() - heard.at;

// Returns what is answered; an error where nobody does, or not in time (milliseconds). The panel whose stage is given
// says that it waits.
export async function ask(address, question, patience, stage = null) {
  const answered = waiting(stage);
  try {
    const answer = await fetch(new URL(address, document.baseURI), {
      method: "POST",
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(patience),
    });
    if (!answer.ok) throw Object.assign(new Error(`The line answers with status ${answer.status}.`), { status: answer.status });
    heard.at = performance.now();
    return decode(new Uint8Array(await answer.arrayBuffer()));
  } finally {
    answered();
  }
}
