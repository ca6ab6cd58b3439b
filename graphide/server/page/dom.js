// Elements, made by hand: no text ever becomes markup here, whoever wrote it.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. `props` are attributes; `on` holds listeners, `text` its text; null and false leave one out. */
export function el(name, props = {}, ...children) {
  return filled(document.createElement(name), props, children);
}

/** Make an element of a picture. */
export function svg(name, props = {}, ...children) {
  return filled(document.createElementNS(SVG, name), props, children);
}

function filled(made, { on = {}, text = null, ...props }, children) {
  for (const [name, value] of Object.entries(props)) setAttribute(made, name, value);
  for (const [event, listener] of Object.entries(on)) made.addEventListener(event, listener);
  if (text !== null) made.textContent = text;
  made.append(...children.flat().filter(isThere));
  return made;
}

/** Give an element an attribute, or take it away (null, false). */
export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Replace what is in an element. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat().filter(isThere));
  return element;
}

/** Say something to those who cannot see the page. */
export function announce(text) {
  const place = document.getElementById("announcer");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = text; });
}

/** Call `work` once in the next frame, however often it is asked for until then. */
export function oncePerFrame(work) {
  let asked = 0;
  const call = () => { asked = 0; work(); };
  return () => { asked ||= requestAnimationFrame(call); };
}

function isThere(child) {
  return child !== null && child !== undefined && child !== false && child !== "";
}
