/* From surprise to surprise: the next or the last one before the hand, and on from the other end of the file. */
(() => {
  const hindcast = window.hindcast;
  const { gate, rail } = hindcast;

  hindcast.surprise = (way) => {
    if (hindcast.slice.runs) return hindcast.slice.walk(way);
    const [first, last] = hindcast.selection.range ?? [-Infinity, 0];
    const all = (rail.data?.surprises || []).filter(({ index }) => index >= first && index <= last);
    if (!all.length) {
      const where = hindcast.selection.range ? "in this stretch" : "so far";
      return hindcast.say(`No surprise ${where}`);
    }
    const ahead = way > 0 ? all.find(({ index }) => index > gate.hand) : all.findLast(({ index }) => index < gate.hand);
    const peak = ahead ?? all.at(way > 0 ? 0 : -1);
    hindcast.visit(peak.index);
    const miss = hindcast.look.truth ? `, missed by ${hindcast.quantity(peak.miss * rail.data.scale)}` : "";
    hindcast.say(`Surprise ${all.indexOf(peak) + 1} of ${all.length}${miss}`);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-surprise]");
    if (button && gate.facts) hindcast.surprise(Number(button.dataset.surprise));
  });
})();
