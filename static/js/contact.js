// Whether the page still has its server: says so when it has gone, and comes back by itself when it is there.
//
// Streamlit 1.67 connects anew, but to a server that was started again it says nothing as long as nobody clicks, and so
// the page stays as it was for ever. Here a direct line of the session (pages/ui/contact.py) is asked again and again.
// Where nobody answers, the server is away. Where a server answers that does not know the line, it is another one, or
// one that has forgotten this session: the page is loaded again at its own address, which holds its settings and run.

import { component, make, mark, say } from "./panel.js";
import { publish } from "./bus.js";
import { ask, sinceAnswer } from "./line.js";

const PAUSE = 2000; // milliseconds between two questions
const UNSEEN = 10000; // the same while nobody looks at the page
const AWAY = 700; // the same while the server is away
const PATIENCE = 2200; // until a question counts as not answered
const GRACE = 400; // a connection of Streamlit's that is made anew at once is not worth a word
const STUCK = 20000; // until a page whose server answers, but not Streamlit's connection, is loaded again
const RELOADS = 5000; // between two times that the page is loaded again
const NAME = "derin.reloaded";
const CONNECTION = "data-test-connection-state";

const STYLE = `
  .panel { position: fixed; z-index: 1000000; top: 8px; left: 50%; transform: translateX(-50%); width: max-content;
    max-width: calc(100vw - 24px); display: flex; gap: 10px; align-items: center; padding: 8px 14px; border-radius: 8px;
    color: var(--st-text-color); background: var(--st-secondary-background-color); font-size: 14px; line-height: 20px; pointer-events: none;
    border: 1px solid var(--st-orange-color, var(--st-border-color)); box-shadow: 0 4px 16px rgb(0 0 0 / 18%); }
  .dot { width: 9px; height: 9px; border-radius: 50%; flex: none; background: var(--st-orange-color, #d9730d); }
  .text { min-width: 0; }
`;

// What Streamlit says of its connection, in English, is not shown while we say it.
const THEIRS = `
  html[data-derin-contact=lost] :is([data-testid=stConnectionStatus], [data-testid=stStatusWidget]) { display: none !important; }
  html[data-derin-contact=lost] [data-testid=stDialog]:not([data-derin-own]) { display: none !important; }
`;

const app = () => document.querySelector('[data-testid="stApp"]');
const isConnected = () => app()?.getAttribute(CONNECTION) === "CONNECTED";

// One life for the whole page: a visit to another page draws the panel anew, and what is known stays.
const contact = (globalThis[Symbol.for("derin.contact")] ??= {
  line: "", timer: 0, asking: false, answered: false, broke: false, lost: false, unconnected: 0, back: 0,
  leaving: false, show() {},
});

export default component(STYLE, (stage) => {
  const text = make("span", "text", { attributes: { role: "status", "aria-live": "assertive" } });
  stage.box.replaceChildren(make("span", "dot"), text);
  stage.box.hidden = true;
  let words = {};
  contact.show = () => {
    stage.box.hidden = !contact.lost;
    say(text, contact.lost ? words.lost ?? "" : "");
    publish("shell", "contact", { lost: contact.lost, text: words.short ?? "" });
  };
  stage.onEnd(() => (contact.show = () => {}));
  return {
    update({ meta }) {
      if (!meta.line) return;
      words = meta.words;
      mark(stage.box, "class", "panel");
      contact.line = meta.line;
      begin();
      contact.show();
    },
  };
});

function begin() {
  if (contact.watcher) return;
  document.head.append(make("style", "", { text: THEIRS }));
  contact.watcher = new MutationObserver(connectionChanged);
  contact.watcher.observe(document.body, { subtree: true, attributes: true, attributeFilter: [CONNECTION] });
  contact.doorkeeper = new MutationObserver(dismiss);
  addEventListener("pagehide", () => (contact.leaving = true));
  addEventListener("pageshow", () => (contact.leaving = false));
  addEventListener("online", look);
  addEventListener("offline", look);
  document.addEventListener("visibilitychange", look);
  plan(GRACE);
}

function plan(pause) {
  clearTimeout(contact.timer);
  contact.timer = setTimeout(look, pause);
}

// Streamlit has lost its connection, or has it again.
function connectionChanged() {
  if (isConnected()) contact.unconnected = contact.back = 0;
  else if (!contact.unconnected) Object.assign(contact, { unconnected: performance.now(), broke: true });
  if (!isConnected()) hush(true); // before it is drawn
  plan(isConnected() ? 0 : GRACE);
}

async function look() {
  if (contact.asking || contact.leaving) return;
  clearTimeout(contact.timer);
  contact.asking = true;
  const answer = navigator.onLine ? await question() : "nobody";
  contact.asking = false;
  if (contact.leaving) return;
  if (answer === "another" || isStuck(answer)) return reload();
  const held = !contact.unconnected || performance.now() < contact.unconnected + GRACE;
  settle(answer === "nobody" || !held);
  plan(contact.lost ? AWAY : document.hidden ? UNSEEN : contact.unconnected ? GRACE : PAUSE);
}

// Returns who answers: our server with this session, another one (or one that has forgotten us), or nobody. What stands
// between may refuse lines altogether: then they tell nothing.
async function question() {
  if (contact.answered && !contact.unconnected && sinceAnswer() < PAUSE / 4) return "ours"; // another panel was answered just now
  try {
    await ask(contact.line, {}, PATIENCE);
    contact.answered = true;
    return "ours";
  } catch ({ status }) {
    if (status === 404 && (contact.answered || contact.broke)) return "another";
    return status === undefined || status >= 500 ? "nobody" : "ours";
  }
}

// Whether Streamlit has given its connection up, though our server answers.
function isStuck(answer) {
  if (answer !== "ours" || !contact.unconnected) contact.back = 0;
  else contact.back ||= performance.now();
  return contact.back && performance.now() - contact.back > STUCK;
}

function settle(lost) {
  hush(lost || contact.unconnected > 0);
  if (lost === contact.lost) return;
  contact.lost = lost;
  contact.show();
}

// Hide what Streamlit says of its connection; a dialog of ours that was open before stays.
function hush(on) {
  const root = document.documentElement;
  if (on === (root.dataset.derinContact === "lost")) return;
  if (on) {
    for (const dialog of dialogs()) mark(dialog, "data-derin-own", "");
    root.dataset.derinContact = "lost";
    contact.doorkeeper.observe(document.body, { childList: true, subtree: true });
  } else {
    contact.doorkeeper.disconnect();
    delete root.dataset.derinContact;
  }
}

const dialogs = () => document.querySelectorAll('[data-testid="stDialog"]');

// Close a dialog that Streamlit has opened since: hidden as it is, it would still hold the focus, and hide the page from
// who has it read aloud.
function dismiss() {
  for (const dialog of dialogs()) {
    if (!dialog.hasAttribute("data-derin-own")) dialog.querySelector("button")?.click();
  }
}

// Load the page again, not more often than it takes to see whether that helps.
function reload() {
  const now = Date.now();
  if (now - Number(remembered() ?? 0) < RELOADS) return plan(AWAY);
  try {
    sessionStorage.setItem(NAME, now);
  } catch {
    // a browser that stores nothing loads the page again whenever it is told
  }
  contact.leaving = true;
  location.reload();
}

function remembered() {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}
