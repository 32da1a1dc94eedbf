// What a component shows whose script cannot be loaded, or throws while it draws: a sentence in its place, and on the
// console what went wrong (pages/ui/panels.py, LOADER). The sentence is in the page (pages/ui/widget_words.py).

const said = (place) => place.querySelector(".undrawn");

export async function draw(panel, call) {
  const place = call.parentElement;
  try {
    const end = (await panel).default(call);
    said(place)?.remove();
    return end;
  } catch (error) {
    console.error(error);
    const text = said(place) ?? place.appendChild(document.createElement("p"));
    const words = document.querySelector("[data-derin-undrawn]")?.dataset.derinUndrawn;
    Object.assign(text, { className: "undrawn", textContent: words ?? String(error) });
    text.style.cssText = "margin: 0; font: 13px/18px var(--st-font); color: var(--st-gray-text-color)";
  }
}
