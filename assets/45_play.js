/* Play: one moment after the other, paced by finished pictures, so that it never skips. Any touch of the hand, another
   tab or the end of the file pauses it. */
(() => {
  const hindcast = window.hindcast;
  const gate = hindcast.gate;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const PER_SECOND = 12;
  let timer = 0;

  const show = (on) => {
    hindcast.write("play", on ? "\u275a\u275a" : "\u25b6")?.setAttribute("aria-pressed", String(on));
  };

  hindcast.pause = () => {
    if (!timer) return;
    window.clearInterval(timer);
    timer = 0;
    show(false);
  };

  const step = () => {
    if (!gate.facts || !document.getElementById("play")) return hindcast.pause();
    if (gate.drawn !== gate.hand) return;
    if (gate.hand === 0) return hindcast.pause();
    hindcast.move(gate.hand + 1);
  };

  hindcast.play = () => {
    if (timer) return hindcast.pause();
    if (gate.hand === 0) hindcast.move(-Math.min(200, gate.facts.length - 1));
    timer = window.setInterval(step, calm.matches ? 1000 : 1000 / PER_SECOND);
    show(true);
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#play")) hindcast.play();
    else if (event.target.closest?.("[data-go]")) hindcast.pause();
  });
  document.addEventListener("visibilitychange", () => document.hidden && hindcast.pause());
})();
