/* One entry of the browser's history per visit, and a new one for a jump: a click on the rail or the ribbon, a surprise.
   Back returns to the moment before, on the page as it is. */
(() => {
  const hindcast = window.hindcast;
  const { gate } = hindcast;

  const address = (index) => hindcast.address(gate.facts.handle, `i=${index}`, gate.facts);

  /* Goes to a moment as to a new place; back leads to `from`. */
  hindcast.visit = (index, from = gate.hand) => {
    if (index !== from) {
      window.history.replaceState(window.history.state, "", address(from));
      window.history.pushState(window.history.state, "", address(index));
    }
    hindcast.move(index);
  };

  /* The moment an address of this page names, if it differs from the page in nothing else that would need another one. */
  const momentOf = ({ pathname, search }) => {
    const asked = new URLSearchParams(search);
    const { handle, model, h } = gate.facts;
    const isHere = pathname === hindcast.at(`/explore/${handle}`) && asked.get("model") === (model ?? null);
    const isSameLength = Number(asked.get("h")) === (h ?? 0);
    const isSameSlice = asked.get("slice") === (gate.facts.slice ?? null);
    return isHere && isSameLength && isSameSlice && /^(0|-[1-9][0-9]*)$/.test(asked.get("i")) ? Number(asked.get("i")) : null;
  };

  /* Before the app hears of it, which would build the page anew. */
  window.addEventListener("popstate", (event) => {
    const index = gate.facts && document.getElementById("scrub") ? momentOf(window.location) : null;
    if (index === null) return;
    event.stopImmediatePropagation();
    hindcast.pause();
    hindcast.selection.read();
    const { look } = gate.facts;
    hindcast.look.read(gate.facts);
    hindcast.thresholds.open();
    if (gate.facts.look !== look) gate.refresh();
    hindcast.move(index);
  });
})();
