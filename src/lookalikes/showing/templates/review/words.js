// Texts come from the catalogue, and elements are made of text alone: no name is ever markup.

function makeSay(words) {
  return (key, values = {}) => {
    const found = words[key];
    const text = typeof found === "string" ? found : found[values.count === 1 ? "one" : "other"];
    return text.replace(/\{(\w+)\}/g, (_, name) => formatValue(values[name]));
  };
}

function formatValue(value) {
  return typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 2 }) : value;
}

// An element with properties and, by names that hold a dash, attributes; undefined ones are left out.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (name.includes("-")) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}
