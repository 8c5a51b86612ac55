/* Lines somebody draws across the picture, one or two: how many of the ten samples lie beyond them. Each has a handle, which
   is dragged or moved by the arrow keys. They are part of the address, and remembered for each file in this browser. */
(() => {
  const hindcast = window.hindcast;
  const { gate, frames, look, words } = hindcast;
  const MOST = 2;
  const STEPS = 100; /* that an arrow key makes of the axis, about */
  const USUAL = { "mg/dL": [70, 180], "mmol/L": [3.9, 10] }; /* the range of glucose that is aimed at */
  let drag = null; /* { pointer, k, off } */

  const layer = () => document.getElementById("thresholds");
  const decimals = () => hindcast.axes()?.fixed.decimals ?? 0;
  const handles = () => [...(layer()?.querySelectorAll("[data-line]") || [])];
  const written = (value) => words.number(value, Math.max(decimals(), value % 1 ? 1 : 0));

  /* Of two lines the lower one is about what lies below it. */
  const isBelow = (k) => thresholds.lines.length === 2 && k === 0;
  const side = (k) => (isBelow(k) ? "below" : "above");

  const thresholds = (hindcast.thresholds = {
    get lines() {
      return look.lines ?? [];
    },

    /* A page that opens: what its address says, else what was there the last time. */
    open() {
      const kept = hindcast.memory.get(gate.facts.handle)?.lines;
      if (look.lines === null && Array.isArray(kept)) look.lines = kept.filter(Number.isFinite).slice(0, MOST);
      gate.facts.look = look.query();
      draw();
    },

    /* The unit is known: readings of glucose have their lines at once. */
    named(unit) {
      if (look.lines === null && USUAL[unit]) set(USUAL[unit]);
    },

    /* "6 of 10 above 180", for each line, of a step as the step card has it. */
    counts: ({ samples }) =>
      thresholds.lines.map((line, k) => {
        const beyond = samples.filter((sample) => (isBelow(k) ? sample < line : sample > line)).length;
        return `${beyond} of ${samples.length} ${side(k)} ${written(line)}`;
      }),

    add() {
      const axes = hindcast.axes();
      if (!axes || thresholds.lines.length === MOST) return;
      const middle = axes.low + (thresholds.lines.length ? 0.25 : 0.75) * (axes.high - axes.low);
      set([...thresholds.lines, rounded(middle)]);
    },

    /* The next line's handle has the keys; the first line is made. */
    focus() {
      if (!thresholds.lines.length) thresholds.add();
      const all = handles();
      all[(all.indexOf(document.activeElement) + 1) % all.length]?.focus();
    },

    /* What the lines mean for the forecast on the screen. */
    tell() {
      const place = document.getElementById("line-counts");
      if (!place) return;
      thresholds.lines.forEach((_, k) => {
        const text = place.children[k]?.firstChild;
        const said = count(k);
        if (text && text.textContent !== said) text.textContent = said;
      });
    },

    /* As plotly draws lines: for pictures that are saved. */
    shapes() {
      const color = getComputedStyle(document.documentElement).getPropertyValue("--amber").trim();
      const line = (y) => ({ type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line: { color, width: 1.5 } });
      return thresholds.lines.map(line);
    },
  });

  const rounded = (value) => Number(value.toFixed(Math.max(0, decimals())));

  const set = (lines, focused = null) => {
    const value = lines[focused];
    look.lines = [...lines].sort((a, b) => a - b);
    if (gate.facts) hindcast.memory.remember(gate.facts.handle, { lines: look.lines });
    draw();
    if (focused !== null) handles()[look.lines.indexOf(value)]?.focus();
    look.changed();
    hindcast.stepCard.show();
  };

  /* Of the step that is looked at; else of the one at which the most samples lie beyond. */
  const count = (k) => {
    const shown = hindcast.stepCard.shown;
    const steps = shown === null ? Array.from({ length: gate.facts.horizon }, (_, step) => step) : [shown];
    const known = steps.map((step) => [step, hindcast.stepCard.step(step)]).filter(([, found]) => found);
    if (!known.length) return `${side(k)} ${written(thresholds.lines[k])}`;
    const line = thresholds.lines[k];
    const beyond = ([, { samples }]) => samples.filter((sample) => (isBelow(k) ? sample < line : sample > line)).length;
    const most = known.reduce((best, step) => (beyond(step) > beyond(best) ? step : best));
    return `${thresholds.counts(most[1])[k]} at ${hindcast.stepCard.time(most[0])}`;
  };

  /* Handles and rows: there is one of each per line. */
  const draw = () => {
    const place = layer();
    const rows = document.getElementById("line-counts");
    if (!place || !rows) return;
    while (place.children.length > thresholds.lines.length) place.lastChild.remove();
    while (rows.children.length > thresholds.lines.length) rows.lastChild.remove();
    thresholds.lines.forEach((line, k) => {
      if (!place.children[k]) place.append(made());
      if (!rows.children[k]) rows.append(row(k));
      const handle = place.children[k].firstChild;
      Object.assign(handle.dataset, { line: String(k) });
      handle.textContent = written(line);
      handle.setAttribute("aria-valuenow", String(line));
      handle.setAttribute("aria-label", `Your line, ${side(k)}`);
    });
    document.getElementById("line-add").hidden = thresholds.lines.length === MOST;
    position();
    if (gate.facts) thresholds.tell();
  };

  const made = () => {
    const line = hindcast.element("div", "threshold");
    const handle = hindcast.element("div", "threshold-handle");
    Object.assign(handle, { tabIndex: 0, role: "slider", title: "Your line: drag it, or \u2191 \u2193 (t); Delete takes it away" });
    handle.setAttribute("aria-orientation", "vertical");
    line.append(handle);
    return line;
  };

  const row = (k) => {
    const line = hindcast.element("div", "line-count");
    const away = hindcast.element("button", "link quiet", "\u00d7");
    away.dataset.lineAway = String(k);
    away.setAttribute("aria-label", "Take this line away");
    line.append(hindcast.element("span"), away);
    return line;
  };

  const position = () => {
    const axes = hindcast.axes();
    const place = layer();
    if (!place) return;
    place.hidden = !axes;
    if (!axes) return;
    [...place.children].forEach((node, k) => {
      const y = Math.min(axes.top + axes.height, Math.max(axes.top, axes.y(thresholds.lines[k])));
      Object.assign(node.style, { left: `${axes.left}px`, width: `${axes.width}px`, top: `${y}px` });
      node.firstChild.setAttribute("aria-valuemin", String(axes.low));
      node.firstChild.setAttribute("aria-valuemax", String(axes.high));
    });
  };

  thresholds.show = draw;
  window.addEventListener("resize", () => window.setTimeout(position, 0));

  const within = (value, axes) => Math.min(axes.high, Math.max(axes.low, value));

  const put = (k, value) => {
    const lines = [...thresholds.lines];
    lines[k] = rounded(within(value, hindcast.axes()));
    const isCrossed = lines.length === 2 && lines[0] > lines[1];
    if (isCrossed) lines[k] = lines[1 - k]; /* a line stops at the other */
    look.lines = lines;
    draw();
    hindcast.stepCard.show();
  };

  const valueAt = (event) => {
    const axes = hindcast.axes();
    const y = event.clientY - layer().parentElement.getBoundingClientRect().top - axes.top;
    return axes.high - (y / axes.height) * (axes.high - axes.low);
  };

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest?.("[data-line]");
    if (!handle || !gate.facts || event.button !== 0) return;
    const k = Number(handle.dataset.line);
    handle.setPointerCapture(event.pointerId);
    drag = { pointer: event.pointerId, k, off: thresholds.lines[k] - valueAt(event) };
  });
  document.addEventListener("pointermove", (event) => {
    if (drag?.pointer === event.pointerId && gate.facts) put(drag.k, valueAt(event) + drag.off);
  });
  const released = (event) => {
    if (drag?.pointer !== event.pointerId) return;
    drag = null;
    if (gate.facts) set(thresholds.lines);
  };
  document.addEventListener("pointerup", released);
  document.addEventListener("pointercancel", released);

  /* About a hundredth of the axis, in round numbers. */
  const stride = (axes) => {
    const rough = (axes.high - axes.low) / STEPS;
    const power = 10 ** Math.floor(Math.log10(rough));
    const round = [1, 2, 5, 10].find((n) => n * power >= rough) * power;
    return Math.max(round, 10 ** -decimals());
  };

  document.addEventListener("keydown", (event) => {
    const handle = event.target.closest?.("[data-line]");
    const axes = handle && gate.facts && hindcast.axes();
    if (!axes || event.altKey || event.ctrlKey || event.metaKey) return;
    const k = Number(handle.dataset.line);
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (way) {
      event.preventDefault();
      put(k, thresholds.lines[k] + way * stride(axes));
      set(thresholds.lines, k);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      set(thresholds.lines.filter((_, n) => n !== k));
    }
  });

  document.addEventListener("click", (event) => {
    const away = event.target.closest?.("[data-line-away]");
    if (away && gate.facts) set(thresholds.lines.filter((_, k) => k !== Number(away.dataset.lineAway)));
    else if (event.target.closest?.("#line-add") && gate.facts) thresholds.add();
  });

  frames.onload(() => gate.facts && thresholds.tell());
})();
