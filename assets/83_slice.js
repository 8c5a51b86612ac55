/* Moments of a slice that the accuracy page has chosen (slice= in the address): n, p and play go from one to the next. The
   chip beside the rail says which they are, and lets them go. hindcast.slice.runs is [[first, last], ...] or null. */
(() => {
  const hindcast = window.hindcast;
  const { gate, rail } = hindcast;
  let facts = null;

  const slice = (hindcast.slice = {
    runs: null,

    /* The nearest moment of the slice, and of the stretch that is selected, before (-1) or after (1) an index; null where
       there is none. */
    beside(index, way) {
      const [start, end] = hindcast.selection.range ?? [-Infinity, 0];
      const [after, before] = way > 0 ? [Math.max(start, index + 1), end] : [start, Math.min(end, index - 1)];
      const runs = slice.runs.filter(([first, last]) => last >= after && first <= before);
      if (after > before || !runs.length) return null;
      return way > 0 ? Math.max(runs[0][0], after) : Math.min(runs.at(-1)[1], before);
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
    const answer = await fetch(hindcast.at(`/api/v1/datasets/${facts.handle}/slice?slice=${facts.slice}`)).catch(() => null);
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
