/* Status: says how old its numbers are, and asks for none while nobody looks. */
(() => {
  const hindcast = window.hindcast;
  const LATE_MS = 7000;
  let at = 0;

  const shown = () => document.getElementById("status-seen");

  const say = () => {
    const node = shown();
    if (!node || !at || document.hidden) return;
    const clock = new Date(at).toLocaleTimeString("en-GB");
    const late = Date.now() - at > LATE_MS;
    node.classList.toggle("late", late);
    hindcast.write("status-seen", late ? `No answer since ${clock}. Trying again.` : `As of ${clock}`);
  };

  /* The same elements, other words: what is selected, hovered or being read stays. */
  hindcast.renew = (id, { text, className, style, title }) => {
    const node = hindcast.write(id, text ?? "");
    if (!node) return;
    if (className !== undefined && node.className !== className) node.className = className;
    if (title !== undefined && node.title !== title) node.title = title;
    for (const [name, value] of Object.entries(style ?? {})) if (node.style[name] !== value) node.style[name] = value;
  };

  window.setInterval(say, 1000);

  document.addEventListener("visibilitychange", () => {
    if (!shown()) return;
    if (!document.hidden) at = Date.now();
    hindcast.set("status-tick", { disabled: document.hidden }, "status-seen");
  });

  window.dash_clientside.status = {
    seen: (look) => {
      at = Date.now();
      for (const [id, part] of Object.entries(look?.live ?? {})) hindcast.renew(id, part);
      document.title = "Status \u00b7 Hindcast";
      say();
    },
  };
})();
