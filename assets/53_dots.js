/* Ten dots: the samples of one step on a small axis, what happened as a mark, and the lines somebody has drawn. */
(() => {
  const hindcast = window.hindcast;
  const { gate, frames, words } = hindcast;
  const [WIDTH, HEIGHT, EDGE, FLOOR, RADIUS] = [260, 58, 8, 38, 3.5];
  const ROOM = 0.15; /* of the axis, beyond the outermost sample */

  const node = (parent, tag, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text) made.textContent = text;
    parent.append(made);
  };

  /* The ends of the axis: all samples of the forecast on the screen, so that its steps can be compared. */
  const ends = () => {
    const { samples, loc, scale } = frames.at(gate.drawn);
    const [low, high] = [Math.min(...samples), Math.max(...samples)].map((sample) => loc + scale * sample);
    const room = ROOM * (high - low) || 1;
    return [low - room, high + room];
  };

  /* Heights of dots that would cover each other: one above the other, closer where there are many. */
  const stacked = (places) => {
    const levels = [];
    places.forEach((x, k) => {
      let level = 0;
      while (places.some((other, n) => n < k && levels[n] === level && Math.abs(other - x) < 2 * RADIUS)) level += 1;
      levels.push(level);
    });
    const apart = Math.min(2 * RADIUS, (FLOOR - 3 * RADIUS) / Math.max(1, ...levels));
    return levels.map((level) => FLOOR - RADIUS - 1 - level * apart);
  };

  /* What happened: a triangle below the axis, and one that points beyond its end where it lies there. */
  const pointer = (value, low, high, x) => {
    if (value < low) return `M0 ${FLOOR + 6}l9 -5v10z`;
    if (value > high) return `M${WIDTH} ${FLOOR + 6}l-9 -5v10z`;
    return `M${x(value)} ${FLOOR + 1}l5 9h-10z`;
  };

  hindcast.dots = (step) => {
    const svg = document.getElementById("dots");
    if (!svg) return;
    svg.replaceChildren();
    if (!step) return;
    const decimals = Number(document.getElementById("track")?.dataset.decimals || 1);
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    drawing.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    const [low, high] = ends();
    const x = (value) => EDGE + ((value - low) / (high - low)) * (WIDTH - 2 * EDGE);
    node(drawing, "line", { class: "dots-axis", x1: 0, x2: WIDTH, y1: FLOOR, y2: FLOOR });
    for (const line of hindcast.thresholds.lines) {
      if (line > low && line < high) node(drawing, "line", { class: "dots-line", x1: x(line), x2: x(line), y1: 2, y2: FLOOR });
    }
    const places = step.samples.map(x);
    const heights = stacked(places);
    places.forEach((cx, k) => node(drawing, "circle", { class: "dot", cx, cy: heights[k], r: RADIUS }));
    if (!Number.isNaN(step.happened)) node(drawing, "path", { class: "dots-truth", d: pointer(step.happened, low, high, x) });
    const [left, right] = [low, high].map((end) => words.number(end, Math.max(0, decimals - 1)));
    node(drawing, "text", { x: 0, y: HEIGHT - 1 }, left);
    node(drawing, "text", { x: WIDTH, y: HEIGHT - 1, "text-anchor": "end" }, right);
    svg.append(drawing);
  };
})();
