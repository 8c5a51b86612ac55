/* Play: one moment after the other, each of them seen, so that it never skips. It waits for a forecast that is not there
   yet, but not for ever. Any touch of hand or keys, another tab or the end of the file pauses it. */
(() => {
  const hindcast = window.hindcast;
  const { gate } = hindcast;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const PATIENCE_MS = 2000;
  const BACK = 200; /* moments that are played again */
  let frame = 0; /* runs while it plays */
  let due = 0; /* when the next step may be made */
  let since = 0; /* when the last one was */

  const button = () => document.getElementById("play");
  const pace = () => document.getElementById("pace");
  const end = () => hindcast.selection.range?.[1] ?? 0;
  const start = () => hindcast.selection.range?.[0] ?? Math.max(1 - gate.facts.length, end() - BACK);
  const next = () => (hindcast.slice.runs ? hindcast.slice.beside(gate.hand, 1) : gate.hand < end() ? gate.hand + 1 : null);
  const isOver = () => next() === null;

  const show = () => {
    const node = button();
    if (!node || !gate.facts) return;
    const [sign, does] = frame ? ["\u275a\u275a", "Pause"] : isOver() ? ["\u21ba", "Play again"] : ["\u25b6", "Play"];
    hindcast.write("play", sign);
    const title = `${does} (space)`;
    if (node.title === title) return;
    Object.assign(node, { title, ariaPressed: String(Boolean(frame)), ariaLabel: isOver() ? "Play again" : "Play" });
  };

  hindcast.pause = () => {
    if (!frame) return;
    cancelAnimationFrame(frame);
    frame = 0;
    show();
  };

  const isSeen = () => gate.drawn === gate.hand || hindcast.frames.state(gate.hand) === "failed";

  const tick = (now) => {
    if (!gate.facts || !button()) return hindcast.pause();
    frame = requestAnimationFrame(tick);
    if (!isSeen()) {
      if (now - since < PATIENCE_MS) return;
      hindcast.pause();
      return hindcast.say("Waiting for forecasts");
    }
    if (isOver()) return hindcast.pause();
    if (now < due) return;
    const period = 1000 / (calm.matches ? 1 : Number(pace().value));
    due = Math.max(due + period, now - period);
    since = now;
    hindcast.step(next() - gate.hand, end());
  };

  hindcast.play = () => {
    if (frame) return hindcast.pause();
    if (isOver() || gate.hand < (hindcast.selection.range?.[0] ?? gate.hand)) hindcast.move(start());
    since = due = performance.now();
    frame = requestAnimationFrame(tick);
    show();
  };

  /* One notch slower or faster. */
  hindcast.hurry = (way) => {
    const options = [...pace().options];
    const k = Math.min(Math.max(pace().selectedIndex + way, 0), options.length - 1);
    pace().selectedIndex = k;
    hindcast.say(`${options[k].value} moments per second`);
  };

  gate.onmove(show);
  document.addEventListener("click", (event) => event.target.closest?.("#play") && hindcast.play());
  document.addEventListener("change", (event) => event.target.id === "pace" && event.target.blur());
  const touched = (event) => event.target.closest?.("#play, #pace") || hindcast.pause();
  window.addEventListener("pointerdown", touched, { capture: true });
  window.addEventListener("wheel", touched, { capture: true, passive: true });
  document.addEventListener("visibilitychange", () => document.hidden && hindcast.pause());
})();
