/* Moments of a slice that the accuracy page has chosen (slice= in the address): n, p and play go from one to the next. The
   chip beside the rail says which they are, and lets them go. hindcast.slice.runs is [[first, last], ...] or null. */
(() => {
  const hindcast = window.hindcast;
  const { gate, rail } = hindcast;
  let facts = null;

  const inside = (index) => {
    const [first, last] = hindcast.selection.range ?? [-Infinity, 0];
    return index >= first && index <= last;
  };

  const slice = (hindcast.slice = {
    runs: null,

    /* The nearest moment of the slice before (-1) or after (1) an index; null where there is none. */
    beside(index, way) {
      const found = way > 0
        ? slice.runs.filter(([, last]) => last > index).map(([first]) => Math.max(first, index + 1))
        : slice.runs.filter(([first]) => first < index).map(([, last]) => Math.min(last, index - 1)).reverse();
      return found.find(inside) ?? null;
    },

    clear() {
      if (!slice.runs) return;
      slice.runs = null;
      facts.slice = null;
      show();
      hindcast.leave();
    },
  });

  const show = () => hindcast.show("slice-chip", Boolean(slice.runs));

  rail.opened(async (opened) => {
    facts = opened;
    slice.runs = null;
    show();
    if (!facts.slice) return;
    const answer = await fetch(`/api/v1/datasets/${facts.handle}/slice?slice=${facts.slice}`).catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => null) : null;
    if (facts !== opened || !facts.slice) return;
    slice.runs = found?.runs.length ? found.runs : null;
    if (!slice.runs) facts.slice = null;
    show();
  });

  /* From moment to moment of the slice; past its end it begins anew. */
  slice.walk = (way) => {
    const there = slice.beside(gate.hand, way) ?? slice.beside(way > 0 ? -Infinity : 1, way);
    if (there === null) return hindcast.say("No moment of this slice");
    hindcast.visit(there);
  };

  document.addEventListener("click", (event) => event.target.closest?.("#slice-clear") && gate.facts && slice.clear());
})();
