/* Status: says how old its numbers are, and asks for none while nobody looks. */
(() => {
  const hindcast = window.hindcast;
  const LATE_MS = 7000;
  let at = 0;

  const shown = () => document.getElementById("status-seen");

  const say = () => {
    const node = shown();
    if (!node || !at) return;
    const clock = new Date(at).toLocaleTimeString("en-GB");
    const late = Date.now() - at > LATE_MS;
    node.classList.toggle("late", late);
    hindcast.write("status-seen", late ? `No answer since ${clock}. Trying again.` : `As of ${clock}`);
  };

  window.setInterval(say, 1000);

  document.addEventListener("visibilitychange", () => {
    if (!shown()) return;
    if (!document.hidden) at = Date.now();
    hindcast.set("status-tick", { disabled: document.hidden }, "status-seen");
  });

  window.dash_clientside.status = {
    seen: () => {
      at = Date.now();
      document.title = "Status \u00b7 Hindcast";
      say();
    },
  };
})();
