/* Components that an answer brings, put into their place by hand: only what has changed since the last answer is touched,
   so focus and pointer stay where they are. A component of Dash costs time at every change anywhere on the page; a table
   that is often refreshed would stall it. */
(() => {
  const hindcast = window.hindcast;
  const TAGS = { Link: "a" };
  const NAMES = { className: "class" };
  const given = new WeakMap(); /* element -> the properties that it was last given */

  const flat = (children) => (Array.isArray(children) ? children.flatMap(flat) : children === null || children === undefined ? [] : [children]);

  const tag = (part) => TAGS[part.type] ?? part.type.toLowerCase();

  const dress = (node, name, value) => {
    if (name === "style") {
      node.removeAttribute("style");
      Object.assign(node.style, value);
    } else if (value === null || value === undefined || value === false) node.removeAttribute(NAMES[name] ?? name);
    else node.setAttribute(NAMES[name] ?? name, value === true ? "" : value);
  };

  /* What a script has written since, such as which cell is the stop of the Tab key, stays until the answer differs. */
  const update = (node, { children, ...props }) => {
    const before = given.get(node) ?? {};
    for (const name of new Set([...Object.keys(before), ...Object.keys(props)])) {
      if (JSON.stringify(before[name]) !== JSON.stringify(props[name])) dress(node, name, props[name]);
    }
    given.set(node, props);
    fill(node, children);
  };

  const fill = (parent, children) => {
    const parts = flat(children);
    parts.forEach((part, k) => {
      let node = parent.childNodes[k];
      const isText = typeof part !== "object";
      const fits = node && (isText ? node.nodeType === Node.TEXT_NODE : given.has(node) && node.localName === tag(part));
      if (!fits) {
        const made = isText ? document.createTextNode("") : document.createElement(tag(part));
        if (node) node.replaceWith(made);
        else parent.append(made);
        node = made;
      }
      if (!isText) update(node, part.props);
      else if (node.data !== String(part)) node.data = part;
    });
    while (parent.childNodes.length > parts.length) parent.lastChild.remove();
  };

  /* Fills the element with this id; its own component has none of these children, and must not be given any. */
  hindcast.fill = (id, children) => {
    const node = document.getElementById(id);
    if (node) fill(node, children);
  };

  /* The links among them lead to other pages of the app as its own links do. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a");
    const isPlain = !event.defaultPrevented && !event.button && !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (!link || !given.has(link) || !isPlain) return;
    event.preventDefault();
    hindcast.go(link.getAttribute("href"));
  });
})();
