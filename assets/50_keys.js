/* The keyboard on explore. Letters, digits and signs can be switched off: who speaks to a computer, or rests a hand on
   the keys, would set them off by accident (WCAG 2.1.4). */
(() => {
  const hindcast = window.hindcast;
  const { gate } = hindcast;
  const OFF = "hindcast.keys"; /* in this browser's memory: "off" */
  const inField = (node) => node?.closest?.("input, textarea, select, [contenteditable], dialog");

  const moves = {
    ArrowLeft: (facts, shift) => hindcast.step(shift ? -facts.horizon : -1),
    ArrowRight: (facts, shift) => hindcast.step(shift ? facts.horizon : 1),
    PageUp: (facts) => hindcast.step(facts.page),
    PageDown: (facts) => hindcast.step(-facts.page),
    Home: (facts) => hindcast.move(1 - facts.length),
    End: () => hindcast.move(0),
  };

  /* Of several columns and several series the series are meant, which come last. */
  const neighbour = (way) => [...document.querySelectorAll(`[data-neighbour="${way}"]`)].at(-1)?.click();

  const singles = {
    n: () => hindcast.surprise(1),
    p: () => hindcast.surprise(-1),
    c: () => hindcast.copyLink(),
    t: () => hindcast.thresholds.focus(),
    d: () => hindcast.look.toggle("shading"),
    b: () => hindcast.look.toggle("baseline"),
    g: () => hindcast.look.toggle("ghosts"),
    h: () => hindcast.look.toggle("truth"),
    r: () => hindcast.look.reveal(),
    y: () => hindcast.look.toggle("window"),
    "-": () => hindcast.look.lengthen(-1),
    "+": () => hindcast.look.lengthen(1),
    "[": () => neighbour(-1),
    "]": () => neighbour(1),
    ",": () => hindcast.hurry(-1),
    ".": () => hindcast.hurry(1),
    "?": () => hindcast.showKeys(),
  };
  const GOES_ON = [" ", ",", ".", "Shift", "Control", "Alt", "Meta", "AltGraph"]; /* keys that do not pause */

  const toShare = (digit, { length }) => {
    const share = (Number(digit) || 10) / 10;
    hindcast.move(Math.round(share * (length - 1)) + 1 - length);
  };

  const escape = () => {
    if (hindcast.stepCard.pinned !== null) hindcast.stepCard.unpin();
    else if (hindcast.slice.runs) hindcast.slice.clear();
    else if (hindcast.selection.range) hindcast.selection.clear();
    else hindcast.closeView();
  };

  const isOn = () => {
    try {
      return window.localStorage.getItem(OFF) !== "off";
    } catch {
      return true;
    }
  };

  hindcast.keys = {
    get on() {
      return isOn();
    },
    set on(wanted) {
      try {
        window.localStorage.setItem(OFF, wanted ? "on" : "off");
      } catch {
        /* a browser that keeps nothing has them on */
      }
    },
  };

  const single = (event) => {
    if (event.repeat || !isOn()) return;
    if (/^[0-9]$/.test(event.key)) toShare(event.key, gate.facts);
    else singles[event.key]?.();
  };

  window.addEventListener(
    "keydown",
    (event) => {
      if (!gate.facts || !document.getElementById("scrub")) return;
      const isChord = event.altKey || event.ctrlKey || event.metaKey; /* AltGr, which writes [ on many keyboards, is none */
      if ((isChord && !event.getModifierState("AltGraph")) || inField(event.target)) return;
      if (!GOES_ON.includes(event.key)) hindcast.pause();
      const move = moves[event.key];
      if (move) {
        event.preventDefault();
        event.stopPropagation();
        move(gate.facts, event.shiftKey);
      } else if (event.key === " " && !event.target.closest("button, a, summary")) {
        event.preventDefault();
        if (!event.repeat) hindcast.play();
      } else if (event.key === "Escape") {
        escape();
      } else {
        single(event);
      }
    },
    { capture: true },
  );
})();
