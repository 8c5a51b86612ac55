/* Steps: moves relative to the hand. Where no forecast can start one press crosses the whole stretch; at the ends of the
   file there is a hard stop, which says so. */
(() => {
  const hindcast = window.hindcast;
  const { gate, series } = hindcast;
  const SAID_MS = 4000;
  const HOLD_MS = 400;
  const REPEAT_MS = 83;
  let said = 0;

  /* What a move has to say, for a moment, beside the buttons. */
  hindcast.say = (words) => {
    window.clearTimeout(said);
    hindcast.write("moves-said", words);
    said = window.setTimeout(() => hindcast.write("moves-said", ""), SAID_MS);
  };

  /* Goes `by` steps, at most to `last`. */
  hindcast.step = (by, last = 0) => {
    const first = 1 - gate.facts.length;
    const way = Math.sign(by);
    const inFile = (index) => index >= first && index <= last;
    let there = Math.min(Math.max(gate.hand + by, first), Math.max(last, gate.hand));
    if (there === gate.hand) return stop(way);
    if (series.ready && !series.usable(there)) {
      let beyond = there;
      while (inFile(beyond) && !series.usable(beyond)) beyond += way;
      if (inFile(beyond)) {
        const crossed = Math.abs(beyond - gate.hand) - 1;
        hindcast.say(`${crossed.toLocaleString("en").replaceAll(",", "\u202f")} moments without a forecast`);
        there = beyond;
      }
    }
    hindcast.move(there);
  };

  const stop = (way) => {
    const track = document.getElementById("track");
    hindcast.say(way > 0 ? "Last moment of the file" : "First moment of the file");
    track.dataset.end = way > 0 ? "last" : "first";
    window.setTimeout(() => delete track.dataset.end, 300);
  };

  /* A button that is held down repeats, paced by pictures that are on the screen: it skips nothing. */
  let held = 0;
  document.addEventListener("pointerdown", (event) => {
    const button = event.target.closest?.("[data-by]");
    if (!button || !gate.facts) return;
    const repeat = () => {
      if (gate.facts && gate.drawn === gate.hand) hindcast.step(Number(button.dataset.by));
      held = window.setTimeout(repeat, REPEAT_MS);
    };
    held = window.setTimeout(repeat, HOLD_MS);
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) {
    window.addEventListener(end, () => window.clearTimeout(held));
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-by]");
    if (button && gate.facts) hindcast.step(Number(button.dataset.by));
  });
})();
