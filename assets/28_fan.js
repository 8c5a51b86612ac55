/* A forecast on a canvas: shading, bands, median, baseline, and the labels at their ends. The same layers as
   pages/_traces.py and pages/_figure.py make for plotly. `shift` moves it by steps on the tape. */
(() => {
  const hindcast = window.hindcast;
  const MOST_OPAQUE = 0.85;
  const GAP = 16 / 400; /* of the value axis: the height of a direct label */

  const line = (numbers, forecast, shift) =>
    Array.from(numbers, (number, k) => [k + 1 + shift, forecast.loc + forecast.scale * number]);
  const level = (forecast, k) => forecast.bands.subarray(k * forecast.H, (k + 1) * forecast.H);

  /* A forecast of one step has no line: points instead. */
  const draw = (pen, axes, points, style) => {
    hindcast.stroke(pen, axes, points, style);
    if (points.length > 1 || Number.isNaN(points[0][1])) return;
    pen.beginPath();
    pen.arc(axes.x(points[0][0]), axes.y(points[0][1]), 3, 0, 2 * Math.PI);
    pen.fillStyle = style.color;
    pen.fill();
  };

  /* The samples, joined step by step. */
  const paths = (pen, axes, forecast, shift) => {
    const { H, S, samples } = forecast;
    const alpha = pen.globalAlpha;
    pen.globalAlpha = 0.5 * alpha;
    for (let s = 0; s < S; s += 1) {
      const path = Array.from({ length: H }, (_, k) => samples[k * S + s]);
      draw(pen, axes, line(path, forecast, shift), { color: axes.fixed.paint.band, width: 0.9 });
    }
    pen.globalAlpha = alpha;
  };

  hindcast.fan = {
    /* One column of bytes per step, in whole px as plotly's heat map has them. */
    shade(pen, axes, forecast, shift) {
      const { H, G, lo, hi } = forecast;
      const { paint, scale } = axes.fixed;
      const spacing = (hi - lo) / (G - 1);
      const alpha = pen.globalAlpha;
      pen.fillStyle = `rgb(${paint.heat})`;
      const edge = new Array(G + 1);
      for (let g = 0; g <= G; g += 1) edge[g] = axes.top + Math.round(axes.y(lo + (g - 0.5) * spacing) - axes.top);
      for (let k = 0; k < H; k += 1) {
        const factor = 0.6 * Math.sqrt(forecast.peak[k] * scale) / 255;
        const left = axes.left + Math.round(axes.x(k + 0.5 + shift) - axes.left);
        const width = axes.left + Math.round(axes.x(k + 1.5 + shift) - axes.left) - left;
        for (let g = 0; g < G; g += 1) {
          const height = edge[g] - edge[g + 1];
          if (height <= 0) continue;
          const shade = Math.round((Math.min(MOST_OPAQUE, factor * forecast.density[k * G + g]) / MOST_OPAQUE) * 255);
          if (shade === 0) continue;
          pen.globalAlpha = (alpha * shade * MOST_OPAQUE) / 255;
          pen.fillRect(left, edge[g + 1], width, height);
        }
      }
      pen.globalAlpha = alpha;
    },

    /* The median alone, pale. */
    ghost(pen, axes, forecast, shift) {
      hindcast.stroke(pen, axes, line(level(forecast, 2), forecast, shift), { color: axes.fixed.paint.band, width: 1.4 });
    },

    lines(pen, axes, forecast, shift) {
      const { paint } = axes.fixed;
      const alpha = pen.globalAlpha;
      pen.globalAlpha = 0.75 * alpha;
      for (const k of [0, 4]) draw(pen, axes, line(level(forecast, k), forecast, shift), { color: paint.band, width: 1.1 });
      pen.globalAlpha = alpha;
      for (const k of [1, 3]) draw(pen, axes, line(level(forecast, k), forecast, shift), { color: paint.band, width: 1.7 });
      draw(pen, axes, line(level(forecast, 2), forecast, shift), { color: paint.band, width: 2.6 });
      if (hindcast.look.paths) paths(pen, axes, forecast, shift);
      if (!hindcast.look.baseline) return;
      draw(pen, axes, line(forecast.baseline, forecast, shift), { color: paint.baseline, width: 1.8, dash: [9, 9] });
    },

    /* [value, text, colour] of the direct labels. */
    labels(axes, forecast) {
      const { paint, cycles } = axes.fixed;
      const end = (k) => forecast.loc + forecast.scale * level(forecast, k)[forecast.H - 1];
      const known = forecast.baseline.findLast((number) => !Number.isNaN(number));
      const marks = [[end(4), "8 of 10", paint.band], [end(3), "5 of 10", paint.band], [end(2), "median", paint.band]];
      if (known === undefined || !hindcast.look.baseline) return marks;
      return [...marks, [forecast.loc + forecast.scale * known, cycles[forecast.period] ?? "one cycle ago", paint.baseline]];
    },
  };

  /* Heights a label's height apart within the axis, by least squares from the ascending ones that are wanted: pools of
     neighbours that would overlap share their mean. */
  const apart = (wanted, low, high) => {
    const gap = GAP * (high - low);
    const pools = [];
    wanted.forEach((y, k) => {
      pools.push({ sum: Math.min(high, Math.max(low, y)) - k * gap, count: 1 });
      for (let n = pools.length; n > 1 && pools[n - 2].sum / pools[n - 2].count > pools[n - 1].sum / pools[n - 1].count; n -= 1) {
        const last = pools.pop();
        pools[n - 2].sum += last.sum;
        pools[n - 2].count += last.count;
      }
    });
    const most = high - gap * (wanted.length - 1);
    const bottoms = pools.flatMap(({ sum, count }) => Array(count).fill(Math.min(most, Math.max(low, sum / count))));
    return bottoms.map((bottom, k) => bottom + k * gap);
  };

  hindcast.labels = (pen, axes, marks) => {
    const placed = marks.filter(([y]) => Number.isFinite(y)).sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1));
    const heights = apart(placed.map(([y]) => y), axes.low, axes.high);
    Object.assign(pen, { font: `12px ${axes.font}`, textAlign: "left", textBaseline: "alphabetic" });
    placed.forEach(([, text, color], k) => {
      pen.fillStyle = color;
      const y = Math.round(100 * axes.y(heights[k])) / 100; /* plotly's hundredths of a px */
      pen.fillText(text, axes.left + axes.width + 10, Math.round(y) + 4);
    });
  };
})();
