// Formulas from Python: _{subscripts} and ^{superscripts}, and places [0], [1] ... for numbers.

const SVG = "http://www.w3.org/2000/svg";

// Returns the parts of a formula as [{text, level}]: 0 on the line, 1 above it, -1 below it.
export function parts(formula) {
  const found = [];
  const add = (text, level) => text && found.push({ text, level });
  (function read(text, level) {
    let plain = "";
    for (let at = 0; at < text.length; at++) {
      if ((text[at] !== "_" && text[at] !== "^") || text[at + 1] !== "{") { plain += text[at]; continue; }
      const end = closing(text, at + 1);
      add(plain, level);
      plain = "";
      read(text.slice(at + 2, end), level || (text[at] === "^" ? 1 : -1));
      at = end;
    }
    add(plain, level);
  })(formula, 0);
  return found;
}

function closing(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}" && --depth === 0) return at;
  }
  return text.length;
}

// Write a formula into an element; what it says already is left alone.
export function typeset(element, formula) {
  if (element.dataset.formula === formula) return element;
  element.dataset.formula = formula;
  element.replaceChildren(...parts(formula).map(({ text, level }) => {
    if (!level) return document.createTextNode(text);
    return Object.assign(document.createElement(level > 0 ? "sup" : "sub"), { textContent: text });
  }));
  return element;
}

// The same into an SVG text.
export function typesetSvg(element, formula) {
  if (element.dataset.formula === formula) return element;
  element.dataset.formula = formula;
  let height = 0;
  element.replaceChildren(...parts(formula).map(({ text, level }) => {
    const span = document.createElementNS(SVG, "tspan");
    const dy = -4 * level;
    span.setAttribute("dy", dy - height);
    if (level) span.setAttribute("class", "small");
    height = dy;
    span.textContent = text;
    return span;
  }));
  return element;
}

// A formula as it is spoken.
export const spoken = (formula) => parts(formula).map(({ text, level }) => (level ? ` ${text} ` : text)).join("")
  .replace(/∂/g, "d ").replace(/\s+/g, " ").trim();

// Put numbers into their places; a negative one that follows something is put in brackets.
export function fillNumbers(template, values, write) {
  return template.replace(/\[(\d)\]/g, (_whole, place, at) => {
    const text = write(values[place]);
    return text.startsWith("−") && at > 0 && !"({".includes(template[at - 1]) ? `(${text})` : text;
  });
}

// Returns a writer of numbers: four significant digits, powers of ten (of `brief` digits) where there would be many noughts.
export function writer(language, digits = 4, brief = Math.min(digits, 3)) {
  const plain = new Intl.NumberFormat(language, { maximumSignificantDigits: digits, useGrouping: false });
  const short = new Intl.NumberFormat(language, { maximumSignificantDigits: brief });
  return (value) => {
    if (value === null || value === undefined) return "∞";
    if (value && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e5)) {
      const power = Math.floor(Math.log10(Math.abs(value)));
      return `${short.format(value / 10 ** power)}e${power}`.replace(/-/g, "−");
    }
    return plain.format(value).replace(/-/g, "−").replace(/^−0$/, "0");
  };
}
