/* The keyboard on explore. Arrow keys are caught before the slider sees them: its own Shift+arrow and Page keys jump
   ten steps, which is nobody's unit. */
(() => {
  const hindcast = window.hindcast;
  const gate = hindcast.gate;
  const inField = (node) => node?.closest?.("input, textarea, select, [contenteditable]");

  const moves = {
    ArrowLeft: (facts, shift) => gate.hand - (shift ? facts.horizon : 1),
    ArrowRight: (facts, shift) => gate.hand + (shift ? facts.horizon : 1),
    Home: (facts) => 1 - facts.length,
    End: () => 0,
    PageUp: (facts) => gate.hand + facts.page,
    PageDown: (facts) => gate.hand - facts.page,
  };

  window.addEventListener(
    "keydown",
    (event) => {
      if (!gate.facts || !document.getElementById("scrub")) return;
      const isChord = event.altKey || event.ctrlKey || event.metaKey; /* AltGr, which writes [ on many keyboards, is none */
      if ((isChord && !event.getModifierState("AltGraph")) || inField(event.target)) return;
      const move = moves[event.key];
      if (move) {
        event.preventDefault();
        event.stopPropagation();
        hindcast.pause();
        hindcast.move(move(gate.facts, event.shiftKey));
      } else if (event.key === " " && !event.target.closest("button, a, summary")) {
        event.preventDefault();
        if (!event.repeat) hindcast.play();
      } else if (event.key === "Escape") {
        hindcast.unpin();
      } else if (event.key === "c" && !event.repeat) {
        hindcast.copyLink();
      } else if ((event.key === "[" || event.key === "]") && !event.repeat) {
        /* of several columns and several series the series are meant, which come last */
        [...document.querySelectorAll(`[data-neighbour="${event.key === "[" ? -1 : 1}"]`)].at(-1)?.click();
      }
    },
    { capture: true },
  );
})();
