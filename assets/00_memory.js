/* What this browser remembers, and nobody else: recent files, in localStorage. Also the two ways to talk to the app. */
(() => {
  const KEY = "hindcast.files";
  const MOST_FILES = 20;
  const hindcast = (window.hindcast = {});

  /* An address of this app as the browser has it: behind the prefix that a proxy may have put before all of them. */
  const { requests_pathname_prefix: prefix } = JSON.parse(document.getElementById("_dash-config").textContent);
  hindcast.at = (path) => prefix.replace(/\/$/, "") + path;

  /* Sets a property of a component that is on the page; `landmark` is an element that lives and dies with it. */
  hindcast.set = (id, props, landmark = id) => {
    if (document.getElementById(landmark)) window.dash_clientside.set_props(id, props);
  };

  /* Writes into an element whose words are the browser's own: cheaper than a property, and no error once it is gone. */
  hindcast.write = (id, words) => {
    const node = document.getElementById(id);
    if (node && node.textContent !== words) node.textContent = words;
    return node;
  };

  hindcast.show = (id, shown) => {
    const node = document.getElementById(id);
    if (node && node.hidden === shown) node.hidden = !shown;
  };

  /* Goes to another page of the app without loading it anew, the way its own links do. stay: and not to its top. */
  hindcast.go = (address, { stay = false } = {}) => {
    window.history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    if (!stay) window.scrollTo(0, 0);
  };

  /* The address of a moment; `where` is "i=-12" or "t=...", and the default model and length, the whole file as what is
     selected (a stretch, a slice), and the usual look go without saying. */
  hindcast.address = (handle, where, { model, h, sel, slice, look } = {}) => {
    const rest = { model: model && encodeURIComponent(model), h, sel, slice };
    const given = Object.entries(rest).filter(([, value]) => value);
    const asked = [where, ...given.map(([name, value]) => `${name}=${value}`), ...(look ? [look] : [])];
    return hindcast.at(`/explore/${handle}?${asked.join("&")}`);
  };

  /* A query that says which forecasts of a page's file are meant, and what else is asked. */
  hindcast.which = ({ model, horizon }, asked) => new URLSearchParams({ ...asked, horizon, ...(model && { model }) });

  hindcast.element = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const read = () => {
    try {
      const files = JSON.parse(window.localStorage.getItem(KEY));
      return files && typeof files === "object" && !Array.isArray(files) ? files : {};
    } catch {
      return {};
    }
  };

  const write = (files) => {
    try {
      const newest = Object.entries(files).sort((a, b) => (b[1].seen || 0) - (a[1].seen || 0));
      window.localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(newest.slice(0, MOST_FILES))));
    } catch {
      /* A browser that keeps nothing (private mode, full) still shows every picture. */
    }
  };

  hindcast.memory = {
    get: (handle) => read()[handle] || null,
    list: () => Object.entries(read()).sort((a, b) => (b[1].seen || 0) - (a[1].seen || 0)),
    remember: (handle, facts) => {
      const files = read();
      files[handle] = { ...files[handle], ...facts, seen: Date.now() };
      write(files);
    },
    uploaded: ({ handle, upload_id: upload, name, reused }, facts) =>
      hindcast.memory.remember(handle, { upload, name, reused, misread: false, ...facts }),
    forget: (handle) => {
      const files = read();
      delete files[handle];
      write(files);
    },
  };

  const scheme = () => document.documentElement.getAttribute("data-mantine-color-scheme") || "light";
  hindcast.dark = () => scheme() === "dark";
  const lying = window.matchMedia("(max-height: 480px) and (max-width: 1000px)"); /* a phone on its side (39_phone.css) */
  hindcast.narrow = () => window.innerWidth < 720 || lying.matches;

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.shell = {
    mount: () => {
      new MutationObserver(() => {
        hindcast.set("scheme", { data: scheme() }, "page");
        if (hindcast.gate) hindcast.gate.refresh();
      }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });
      return scheme();
    },
  };
})();
