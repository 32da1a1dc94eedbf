// Says our words in the place of Streamlit's own in its upload and its camera (pages/ui/widget_words.py). The text of a
// node is exchanged and the node stays, so that Streamlit can go on with it; what is not known is left as it is.

const PLACES = '[data-testid="stFileUploader"], [data-testid="stCameraInput"]';
const said = new Map(); // text node: what Streamlit had written, and what stands there now
let watcher = null;

export default function translate({ data }) {
  if (!data?.words) return;
  const rules = data.words.map(([theirs, ours]) => [pattern(theirs), ours]);
  watcher?.disconnect();
  watcher = new MutationObserver(() => sayAll(rules));
  watcher.observe(document.body, { childList: true, subtree: true, characterData: true });
  sayAll(rules);
  return takeBack;
}

// Matches a text of Streamlit's, in which "{x}" is anything.
function pattern(text) {
  const parts = text.split("{x}").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^\\s*${parts.join("(.+)")}$`);
}

function sayAll(rules) {
  for (const place of document.querySelectorAll(PLACES)) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) say(node, rules);
  }
  for (const node of said.keys()) if (!node.isConnected) said.delete(node);
}

function say(node, rules) {
  if (said.get(node)?.ours === node.nodeValue) return;
  for (const [theirs, ours] of rules) {
    const found = theirs.exec(node.nodeValue);
    if (!found) continue;
    const text = ours.replace("{x}", (found[1] ?? "").replace(/(?<=\d)(?=[KMG]B$)/, " "));
    said.set(node, { theirs: node.nodeValue, ours: text });
    node.nodeValue = text;
    return;
  }
}

// Another language was chosen.
function takeBack() {
  watcher?.disconnect();
  watcher = null;
  for (const [node, { theirs, ours }] of said) if (node.nodeValue === ours) node.nodeValue = theirs;
  said.clear();
}
