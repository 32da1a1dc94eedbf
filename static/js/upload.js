// A place for one file: chosen with a click or dropped; Python gets its name, its size and, if it is not too large, its content.

const version = new URL(import.meta.url).search;
const { component, make, mark, say } = await import(`./panel.js${version}`);

const STYLE = `
  .drop { width: 100%; padding: 10px 12px; border: 1px dashed var(--st-border-color); border-radius: 8px; background: none; cursor: pointer;
    color: var(--st-text-color); font: 13px/18px var(--st-font); text-align: center; }
  .drop:hover, .drop.over { border-color: var(--st-primary-color); }
  .drop small { display: block; color: var(--st-gray-text-color); font-size: 11.5px; }
`;
const CHUNK = 32768;

export default component(STYLE, (stage) => {
  const button = make("button", "drop", { type: "button" });
  const [title, note] = [button.appendChild(make("span")), button.appendChild(make("small"))];
  const input = make("input", "", { type: "file", hidden: true });
  stage.box.replaceChildren(button, input);
  const view = { meta: null, send: null };
  button.onclick = () => input.click();
  button.ondragover = (event) => { event.preventDefault(); button.classList.add("over"); };
  button.ondragleave = () => button.classList.remove("over");
  button.ondrop = (event) => { event.preventDefault(); button.classList.remove("over"); take(view, event.dataTransfer.files[0]); };
  input.onchange = () => { take(view, input.files[0]); input.value = ""; };
  return {
    update({ meta }, { setTriggerValue }) {
      Object.assign(view, { meta, send: (file) => setTriggerValue("file", file) });
      mark(input, "accept", meta.accept);
      say(title, meta.words.choose);
      say(note, meta.words.note);
    },
  };
});

async function take({ meta, send }, file) {
  if (!file) return;
  const told = { name: file.name, size: file.size };
  if (file.size > meta.most) return send(told);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const pieces = [];
  for (let at = 0; at < bytes.length; at += CHUNK) pieces.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  send({ ...told, content: btoa(pieces.join("")) });
}
