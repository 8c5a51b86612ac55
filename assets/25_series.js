/* The values and times of the series on the page, by index (docs/wire_series.md): loaded once, so that history, outcomes
   and dates follow the hand whatever the server does. */
(() => {
  const hindcast = window.hindcast;
  const MAGIC = 0x48435352;
  const RETRY_MS = 1000;
  const DAY = 86400;
  const UNITS = ["second", "month", "weekday"];
  let data = null;
  let handle = null;
  let arrived = () => {};

  const read = (buffer) => {
    const view = new DataView(buffer);
    if (view.getUint32(0) !== MAGIC || view.getUint16(4, true) !== 1) throw new Error("not a series of this version");
    const [P, N] = [view.getUint32(8, true), view.getUint32(12, true)];
    const firstSlot = view.getFloat64(24, true);
    return {
      step: { unit: UNITS[view.getUint8(6)], count: view.getFloat64(16, true) },
      firstSlot,
      lastSlot: firstSlot + N - 1,
      phases: new Float64Array(buffer, 32, 4 * P),
      values: new Float64Array(buffer, 32 + 32 * P, N),
      usable: new Uint8Array(buffer, 32 + 32 * P + 8 * N, N),
    };
  };

  /* Where the last phase that begins at or before a slot lies; the first one before all. */
  const phaseOf = (slot) => {
    let [low, high] = [0, data.phases.length / 4 - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (data.phases[4 * middle] <= slot) low = middle;
      else high = middle - 1;
    }
    return 4 * low;
  };

  const timeOf = (slot) => {
    const { unit, count } = data.step;
    const at = phaseOf(slot);
    const seconds = data.phases[at + 1];
    if (unit === "second") return slot * count + seconds;
    if (unit === "weekday") {
      const week = Math.floor(slot / 5);
      return (7 * week + (slot - 5 * week) - 3) * DAY + seconds;
    }
    const months = slot * count + data.phases[at + 2];
    const start = (month) => new Date(0).setUTCFullYear(Math.floor(month / 12), month - 12 * Math.floor(month / 12), 1) / 1000;
    const length = (start(months + 1) - start(months)) / DAY;
    return start(months) + (Math.min(data.phases[at + 3], length) - 1) * DAY + seconds;
  };

  const position = (index) => (data ? data.values.length - 1 + index : -1);

  const series = (hindcast.series = {
    ready: false,
    step: null,
    first: 0 /* index of the first value */,

    open(wanted) {
      if (handle === wanted) return;
      Object.assign(series, { ready: false, step: null });
      handle = wanted;
      data = null;
      load(wanted);
    },

    /* NaN where nothing was read, and beyond the file. */
    value: (index) => data?.values[position(index)] ?? NaN,

    /* Whether a forecast can start there. */
    usable: (index) => data?.usable[position(index)] === 1,

    /* Seconds since 1970 in the series' own clock, also beyond the file's end. */
    time: (index) => (data ? timeOf(data.lastSlot + index) : NaN),

    slot: (index) => data.lastSlot + index,
    index: (slot) => slot - data.lastSlot,

    onload: (f) => (arrived = f),
  });

  const load = async (wanted) => {
    try {
      const answer = await fetch(hindcast.at(`/api/v1/datasets/${wanted}/series`));
      if (answer.status === 404) return;
      const found = answer.ok ? read(await answer.arrayBuffer()) : null;
      if (handle !== wanted) return;
      if (found) {
        data = found;
        Object.assign(series, { ready: true, step: data.step, first: 1 - data.values.length });
        return arrived();
      }
    } catch {
      /* no connection: once more */
    }
    window.setTimeout(() => handle === wanted && load(wanted), RETRY_MS);
  };
})();
