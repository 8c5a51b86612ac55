/* Did it warn me? Asks when a choice is made, and again while forecasts are still being read. The address says what was
   chosen. */
(() => {
  const hindcast = window.hindcast;
  const EVERY_MS = 2000;
  const TYPED_MS = 400;
  let seq = 0;
  let rows = null;
  let timer = 0;

  const line = () => document.getElementById("warned-line");
  const choices = () => [...document.querySelectorAll("[data-warned]")];

  const later = (wait) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (document.hidden ? later(wait) : ask()), wait);
  };

  const ask = () => {
    window.clearTimeout(timer);
    const facts = hindcast.accuracy.facts;
    if (!facts || !line()) return;
    const { handle, model, h, sel } = facts;
    const chosen = Object.fromEntries(choices().map((node) => [node.dataset.warned, node.value]));
    const upload = hindcast.memory.get(handle)?.upload || null;
    const numbers = { k: Number(chosen.k), lead: Number(chosen.lead), run: Number(chosen.run) };
    seq += 1;
    const asked = { handle, model, h, sel, seq, upload, rows, line: line().value, side: chosen.side, ...numbers };
    hindcast.set("accuracy-warned", { data: asked }, "accuracy");
    const said = Object.entries({ line: line().value, ...chosen });
    hindcast.accuracy.warned(line().value ? said.map((pair) => pair.join("=")).join("&") : "");
  };

  const isForm = (node) => node.closest?.("#warned-form");

  document.addEventListener("change", (event) => isForm(event.target) && later(0));
  document.addEventListener("input", (event) => event.target === line() && later(TYPED_MS));
  document.addEventListener("click", (event) => {
    const more = event.target.closest?.("[data-warned-rows]");
    if (!more) return;
    rows = Number(more.dataset.warnedRows);
    ask();
  });

  hindcast.warned = { ask };

  window.dash_clientside.warned = {
    mount: (facts) => {
      rows = null;
      window.setTimeout(ask);
      return facts.handle;
    },

    /* The line that is usual for the unit is written where nobody has given another. */
    answered: (state) => {
      if (!state || state.seq !== seq || !line()) return;
      if (state.line !== null && !line().value && document.activeElement !== line()) {
        hindcast.set("warned-line", { value: state.line }, "accuracy");
      }
      if (!state.complete) later(EVERY_MS);
    },
  };
})();
