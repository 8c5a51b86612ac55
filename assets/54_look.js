/* How the picture is shown: what the address says of it beside moment, model and length. Values that are none are left
   out, and the default is shown. hindcast.look.query() is the part of every address that names it. */
(() => {
  const hindcast = window.hindcast;
  const { gate } = hindcast;
  const MOST_LINES = 2;
  const NUMBER = /^-?\d{1,15}(\.\d{1,9})?$/;

  const look = (hindcast.look = {
    lines: null /* thresholds, ascending; null: nobody has said */,

    /* What the page's address says. */
    read(facts) {
      const asked = new URLSearchParams(window.location.search).get("line");
      const lines = asked?.split(",").filter((text) => NUMBER.test(text)).map(Number);
      look.lines = lines?.length && lines.length <= MOST_LINES ? lines.sort((a, b) => a - b) : null;
      facts.look = look.query();
    },

    query() {
      return look.lines?.length ? `line=${look.lines.join(",")}` : "";
    },

    /* Something has changed: the address says so at once. */
    changed() {
      if (!gate.facts) return;
      gate.facts.look = look.query();
      hindcast.leave();
    },
  });
})();
