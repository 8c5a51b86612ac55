/* The step card: what the forecast on the screen says of one step, the one pinned or else the one under the pointer. It is
   read from the frames, so that it follows the hand. */
(() => {
  const hindcast = window.hindcast;
  const { gate, frames, series, words } = hindcast;
  const [LOW8, LOW5, MEDIAN, HIGH5, HIGH8] = [0, 1, 2, 3, 4]; /* the levels of a block */
  let pinned = null;
  let pointed = null;

  const decimals = () => Number(document.getElementById("track")?.dataset.decimals || 1);
  const number = (value) => words.number(value, decimals());

  const card = (hindcast.stepCard = {
    get shown() {
      return pinned ?? pointed;
    },

    get pinned() {
      return pinned;
    },

    /* A page that opens. */
    open() {
      pinned = pointed = null;
      show();
    },

    /* The step under the pointer, 0 for the first, null for none. */
    point(k) {
      if (pointed === k) return;
      pointed = k;
      show();
    },

    /* Its card stays, whatever is pointed at; once more, and it is let go. */
    pin(k) {
      pinned = pinned === k ? null : k;
      show();
    },

    unpin() {
      pinned = null;
      show();
    },

    /* A step of the forecast on the screen, in the data's unit; null while there is none. samples: in ascending order. */
    step(k) {
      const forecast = gate.facts && gate.drawn !== null ? frames.at(gate.drawn) : null;
      if (!forecast || k >= forecast.H) return null;
      const { H, S, loc, scale } = forecast;
      return {
        bands: Array.from({ length: forecast.L }, (_, level) => loc + scale * forecast.bands[level * H + k]),
        samples: Array.from(forecast.samples.subarray(k * S, (k + 1) * S), (sample) => loc + scale * sample),
        happened: hindcast.look.tells(gate.hand) ? series.value(gate.drawn + k + 1) : NaN,
      };
    },

    /* "15:00" */
    time: (k) => words.short(series.time(gate.drawn + k + 1), series.step),
  });

  const ahead = (k) => `${k + 1} step${k ? "s" : ""} ahead`;

  const said = (k) => {
    const step = card.step(k);
    if (!step) return gate.state === "ready" || gate.state === "pending" ? "" : "There is no forecast from here.";
    const { bands, happened } = step;
    const [low8, low5, middle, high5, high8] = [LOW8, LOW5, MEDIAN, HIGH5, HIGH8].map((level) => number(bands[level]));
    const parts = [
      `${card.time(k)}, ${ahead(k)}.`,
      `Median ${hindcast.quantity(bands[MEDIAN])}.`,
      `5 of 10 between ${low5} and ${high5}, 8 of 10 between ${low8} and ${high8}.`,
    ];
    if (!Number.isNaN(happened)) {
      const isInside = bands[LOW8] <= happened && happened <= bands[HIGH8];
      parts.push(`Happened: ${number(happened)}, ${isInside ? "inside" : "outside"}.`);
    }
    return [...parts, ...hindcast.thresholds.counts(step).map((count) => `${count} (your line).`)].join(" ");
  };

  /* A line through the picture at a step. */
  const mark = (name, k) => {
    const node = document.getElementById(name);
    const axes = k === null ? null : hindcast.axes();
    if (!node) return;
    node.hidden = !axes;
    if (axes) Object.assign(node.style, { left: `${axes.x(k + 1)}px`, top: `${axes.top}px`, height: `${axes.height}px` });
  };

  const show = () => {
    const k = card.shown;
    const node = hindcast.write("step-card", k === null ? "Point at a step, or click to pin it." : said(k));
    node?.classList.toggle("pinned", pinned !== null);
    mark("pinned", pinned);
    mark("pointed", pinned === pointed ? null : pointed);
    hindcast.dots(k === null ? null : card.step(k));
    hindcast.thresholds.tell();
  };

  card.show = show;
  gate.onmove(show);
  frames.onload(show);
  window.addEventListener("resize", show);
})();
