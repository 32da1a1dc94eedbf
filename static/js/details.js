// Copies the details of what went wrong; where the browser lets nobody write its clipboard, it marks them to be copied.

import { component, make, say } from "./panel.js";

const STYLE = `
  .row { display: flex; align-items: center; gap: 8px; min-height: 2.5rem; }
  button.copy { font: 400 0.875rem/1.6 var(--st-font); color: var(--st-text-color); min-height: 2.5rem; padding: 0 0.75rem;
    background: color-mix(in srgb, var(--st-background-color), white 3%); border: 1px solid var(--st-border-color);
    border-radius: var(--st-button-radius); cursor: pointer; }
  button.copy:hover { color: var(--st-primary-color); border-color: var(--st-primary-color); }
  textarea { width: 100%; height: 160px; margin-top: 8px; font: 12px/16px var(--st-code-font); resize: vertical;
    color: var(--st-text-color); background: var(--st-secondary-background-color);
    border: 1px solid var(--st-border-color); border-radius: 6px; padding: 6px; }
`;

export default component(STYLE, (stage) => {
  const row = stage.box.appendChild(make("div", "row"));
  const button = row.appendChild(make("button", "copy", { type: "button" }));
  const note = row.appendChild(make("span", "note", { attributes: { role: "status" } }));
  const text = stage.box.appendChild(make("textarea", "", { readOnly: true, hidden: true, spellcheck: false }));
  let words = {};
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
      say(note, words.copied);
    } catch {
      text.hidden = false;
      text.select();
      say(note, words.select);
    }
  });
  return {
    update({ meta }) {
      words = meta.words;
      say(button, words.copy);
      text.setAttribute("aria-label", words.copy);
      if (text.value !== meta.details) text.value = meta.details;
    },
  };
});
