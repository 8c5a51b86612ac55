/* A wire block: the forecasts of 256 slots in one buffer (docs/wire.md), read where they lie. */
(() => {
  const MAGIC = 0x48435742;
  const VERSION = 2;
  const NAMES = ["levels", "loc", "scale", "lo", "hi", "crps", "bands", "samples", "peak", "baseline", "row",
    "period", "state", "n_scored", "inside50", "inside80", "density"];
  const STATES = ["missing", "done", "unusable", "failed"];

  /* One forecast of a block. Bands, samples and baseline are scaled: value = loc + scale x number. */
  const forecast = (block, row) => {
    const { H, S, L, G } = block;
    const part = (array, size) => array.subarray(row * size, (row + 1) * size);
    return {
      H, S, L, G,
      loc: block.loc[row],
      scale: block.scale[row],
      lo: block.lo[row],
      hi: block.hi[row],
      crps: block.crps[row],
      period: block.period[row],
      bands: part(block.bands, L * H),
      samples: part(block.samples, H * S),
      peak: part(block.peak, H),
      baseline: part(block.baseline, H),
      density: part(block.density, H * G),
    };
  };

  window.hindcast.readBlock = (buffer) => {
    const view = new DataView(buffer);
    if (view.getUint32(0) !== MAGIC || view.getUint16(4, true) !== VERSION) throw new Error("not a block of this version");
    const [N, H, S, L, G] = [16, 18, 20, 22, 24].map((at) => view.getUint16(at, true));
    const at = Object.fromEntries(NAMES.map((name, k) => [name, view.getUint32(32 + 4 * k, true)]));
    const f64 = (name, count) => new Float64Array(buffer, at[name], count);
    const f32 = (name, count) => new Float32Array(buffer, at[name], count);
    const block = {
      H, S, L, G,
      first: view.getFloat64(8, true),
      complete: view.getUint8(27) === 1,
      bytes: buffer.byteLength,
      loc: f64("loc", N), scale: f64("scale", N), lo: f64("lo", N), hi: f64("hi", N), crps: f64("crps", N),
      bands: f32("bands", N * L * H), samples: f32("samples", N * H * S), peak: f32("peak", N * H),
      baseline: f32("baseline", N * H),
      row: new Int16Array(buffer, at.row, 256), period: new Int16Array(buffer, at.period, N),
      state: new Uint8Array(buffer, at.state, 256), density: new Uint8Array(buffer, at.density, N * H * G),
      stateOf: (slot) => STATES[block.state[slot - block.first]],
      crpsOf: (slot) => (block.row[slot - block.first] < 0 ? NaN : block.crps[block.row[slot - block.first]]),
      forecast: (slot) => (block.row[slot - block.first] < 0 ? null : forecast(block, block.row[slot - block.first])),
    };
    return block;
  };
})();
