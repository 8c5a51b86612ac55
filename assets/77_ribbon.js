/* The ribbon: the strip's close-up under the picture, on the same axis. Each cell is the forecast made at that time, and a
   click on it goes to that very moment. */
(() => {
  const hindcast = window.hindcast;
  const { gate, frames, rail, strip } = hindcast;

  const ribbon = () => document.getElementById("ribbon");

  /* What is known of the forecast from an index, as a column of one. */
  const cell = (index) => {
    const state = frames.state(index);
    const crps = frames.crps(index);
    const isScored = index <= -gate.facts.horizon && Number.isFinite(crps);
    return {
      unusable: state === "unusable" ? 100 : 0,
      done: state === "done" ? 100 : 0,
      failed: state === "failed" ? 100 : 0,
      miss: isScored ? crps / rail.data.scale : null,
    };
  };

  const paint = () => {
    const axes = gate.facts && hindcast.axes();
    const sheet = axes && rail.data && strip.brush(ribbon());
    if (!sheet) return;
    const { brush, height } = sheet;
    const edge = (step) => Math.round(axes.x(step - 0.5));
    for (let step = axes.first; step <= 0; step += 1) {
      const index = gate.hand + step;
      if (index <= -gate.facts.length) continue;
      strip.cell(brush, cell(index), edge(step), Math.max(1, edge(step + 1) - edge(step)), 0, height);
    }
  };

  gate.onmove(paint);
  frames.onload(paint);
  rail.watch(paint);
  rail.opened(() => strip.brush(ribbon()));

  document.addEventListener("click", (event) => {
    const axes = event.target.id === "ribbon" && gate.facts && hindcast.axes();
    if (!axes) return;
    const x = event.clientX - ribbon().getBoundingClientRect().left;
    const step = Math.round((x - axes.x(0)) / (axes.x(1) - axes.x(0)));
    if (step >= axes.first && step < 0) hindcast.visit(gate.hand + step);
  });
})();
