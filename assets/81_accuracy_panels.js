/* The panels' cells are one stop of the Tab key each panel; arrow keys lead from cell to cell, as in a table. */
(() => {
  const CELL = "[data-slice]";
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const panelOf = (node) => node.closest?.("#accuracy-panels .panel");

  /* The cell that Tab reaches: the selected one, the last one that was reached, or the first. */
  const settle = () => {
    for (const panel of document.querySelectorAll("#accuracy-panels .panel")) {
      const cells = [...panel.querySelectorAll(CELL)];
      const stop = cells.find((cell) => cell.tabIndex === 0) ?? cells.find((cell) => cell.ariaPressed === "true") ?? cells[0];
      for (const cell of cells) cell.tabIndex = cell === stop ? 0 : -1;
    }
  };

  const reach = (cell) => {
    for (const other of panelOf(cell).querySelectorAll(CELL)) other.tabIndex = other === cell ? 0 : -1;
    cell.focus();
  };

  /* The nearest cell in a direction, by where the cells are on the screen. */
  const neighbour = (cell, [across, down]) => {
    const from = cell.getBoundingClientRect();
    const middle = (box) => [box.left + box.width / 2, box.top + box.height / 2];
    const [x, y] = middle(from);
    let best = null;
    for (const other of panelOf(cell).querySelectorAll(CELL)) {
      const [ox, oy] = middle(other.getBoundingClientRect());
      const along = across ? (ox - x) * across : (oy - y) * down;
      const aside = Math.abs(across ? oy - y : ox - x);
      if (along < 2 || aside > (across ? from.height : from.width) / 2) continue;
      if (!best || along < best.along) best = { along, other };
    }
    return best?.other;
  };

  document.addEventListener("keydown", (event) => {
    const way = WAYS[event.key];
    const cell = way && event.target.closest?.(CELL);
    if (!cell || !panelOf(cell)) return;
    event.preventDefault();
    const next = neighbour(cell, way);
    if (next) reach(next);
  });
  document.addEventListener("focusin", (event) => {
    const cell = event.target.closest?.(CELL);
    if (cell && panelOf(cell) && cell.tabIndex !== 0) reach(cell);
  });

  new MutationObserver(() => document.getElementById("accuracy-panels") && settle()).observe(document.body, {
    childList: true,
    subtree: true,
  });
})();
