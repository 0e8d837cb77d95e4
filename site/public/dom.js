// Small helpers for building the page; text only ever becomes text.

/**
 * The element with this id.
 * @param {string} id
 */
export const byId = (id) => document.getElementById(id);

/**
 * Makes an element. Keys that begin with "on" become listeners, `dataset` is merged, known properties are set as such,
 * and the rest become attributes.
 * @param {string} tag
 * @param {Object<string, any>} [props]
 * @param {...(Node|string)} children
 */
export function element(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (key === 'dataset') Object.assign(node.dataset, value);
    else if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/** Shows text in a node, or hides the node when there is none. */
export function say(node, text) {
  node.textContent = text;
  node.hidden = !text;
}
