/* What is known around the hand, on a canvas: day lines, history, what happened, and points beyond the axis. The same
   layers as pages/_day_lines.py and pages/_traces.py make for plotly. */
(() => {
  const hindcast = window.hindcast;
  const { series, words } = hindcast;
  const DAY = 86400;
  const LINE = 1.3 * 11; /* px: the names of days have the line under the triangles */

  /* Strokes a line through [step, value] pairs; NaN interrupts it. */
  hindcast.stroke = (pen, axes, points, { color, width, dash = [] }) => {
    pen.beginPath();
    let down = false;
    for (const [step, value] of points) {
      if (Number.isNaN(value)) down = false;
      else if (down) pen.lineTo(axes.x(step), axes.y(value));
      else {
        pen.moveTo(axes.x(step), axes.y(value));
        down = true;
      }
    }
    Object.assign(pen, { strokeStyle: color, lineWidth: width, lineJoin: "miter", miterLimit: 2 });
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  };

  const dot = (pen, axes, step, value, radius, fill, edge) => {
    pen.beginPath();
    pen.arc(axes.x(step), axes.y(value), radius, 0, 2 * Math.PI);
    pen.fillStyle = fill;
    pen.fill();
    if (!edge) return;
    Object.assign(pen, { strokeStyle: edge, lineWidth: 1 });
    pen.stroke();
  };

  /* Which day, month or year (or every so many of them) a time belongs to. */
  const stretch = (seconds, { grain, every, offset }) => {
    const time = new Date(1000 * seconds);
    if (grain === "D") return Math.floor((Math.floor(seconds / DAY) - offset) / every);
    const months = grain === "M" ? 12 * (time.getUTCFullYear() - 1970) + time.getUTCMonth() : time.getUTCFullYear() - 1970;
    return Math.floor((months - offset) / every);
  };

  const name = (seconds, grain) => {
    if (grain === "D") return words.day(seconds);
    return grain === "M" ? words.month(seconds) : String(new Date(1000 * seconds).getUTCFullYear());
  };

  /* Those whose texts cover none of a point that is farther. */
  const clear = (points, letter) => {
    const told = [];
    for (const one of [...points].sort((a, b) => b.far - a.far || a.step - b.step)) {
      const isClear = ({ step, text }) => Math.abs(one.step - step) >= letter * (1 + (one.text.length + text.length) / 2);
      if (told.every(isClear)) told.push(one);
    }
    return told;
  };

  hindcast.tape = {
    dayLines(pen, axes, hand) {
      const { days, paint, letters } = axes.fixed;
      const letter = (axes.last - axes.first) / letters; /* steps that it covers */
      const first = Math.max(axes.first, series.first - hand);
      let before = stretch(series.time(hand + first), days);
      for (let step = first + 1; step <= axes.last; step += 1) {
        const time = series.time(hand + step);
        const here = stretch(time, days);
        if (here === before) continue;
        before = here;
        hindcast.stroke(pen, axes, [[step, axes.low], [step, axes.high]], { color: paint.day, width: 1 });
        const text = name(time, days.grain);
        const end = step + letter * text.length;
        if (end > axes.last || (step < 0 && end > 0)) continue;
        Object.assign(pen, { font: `11px ${axes.font}`, fillStyle: paint.muted, textAlign: "left", textBaseline: "alphabetic" });
        pen.fillText(` ${text}`, axes.x(step), axes.y(axes.high) + 0.75 * 11);
      }
    },

    /* History and what happened. */
    known(pen, axes, hand) {
      const { paint } = axes.fixed;
      const value = (step) => series.value(hand + step);
      const steps = (from, to) => Array.from({ length: to - from + 1 }, (_, k) => [from + k, value(from + k)]);
      const back = steps(axes.first, 0);
      const ahead = hindcast.look.tells(hand) ? steps(1, axes.last) : [];
      hindcast.stroke(pen, axes, back, { color: paint.ink, width: 1.6 });
      hindcast.stroke(pen, axes, [[0, value(0)], ...ahead], { color: paint.ink, width: 2 });
      for (const [step, y] of ahead) if (!Number.isNaN(y)) dot(pen, axes, step, y, 3, paint.ink, paint.paper);
      back.forEach(([step, y], k) => {
        const isLone = Number.isNaN(back[k - 1]?.[1] ?? NaN) && Number.isNaN(back[k + 1]?.[1] ?? NaN);
        if (isLone && !Number.isNaN(y)) dot(pen, axes, step, y, 1.5, paint.ink);
      });
    },

    /* A triangle wherever a point lies beyond the axis, and its value: of neighbours whose values would cover one another
       that of the farthest. */
    cutPoints(pen, axes, hand) {
      const { cut, decimals, paint, letters } = axes.fixed;
      const letter = (axes.last - axes.first) / letters;
      Object.assign(pen, { font: `11px ${axes.font}`, fillStyle: paint.ink, textAlign: "center", textBaseline: "alphabetic" });
      const [above, below] = [[], []];
      for (let step = axes.first; step <= (hindcast.look.tells(hand) ? axes.last : 0); step += 1) {
        const value = series.value(hand + step);
        const text = words.number(value, decimals);
        if (cut.high && value > axes.high) above.push({ step, text, far: value - axes.high });
        else if (cut.low && value < axes.low) below.push({ step, text, far: axes.low - value });
      }
      for (const [points, edge, sign] of [[above, axes.high, 1], [below, axes.low, -1]]) {
        const y = axes.y(edge);
        for (const { step } of points) {
          const x = axes.x(step);
          pen.beginPath();
          pen.moveTo(x - 5.2, y + sign * 2.25);
          pen.lineTo(x + 5.2, y + sign * 2.25);
          pen.lineTo(x, y - sign * 4.5);
          pen.fill();
        }
        for (const { step, text } of clear(points, letter)) {
          pen.fillText(text, axes.x(step), y + (sign > 0 ? 0.75 * 11 + 6.625 + LINE : -0.25 * 11 - 6.625));
        }
      }
    },

    /* The last reading within the forecast's reach, NaN where there is none. */
    lastKnown(axes, hand) {
      if (!hindcast.look.tells(hand)) return NaN;
      for (let step = axes.last; step >= 1; step -= 1) {
        const value = series.value(hand + step);
        if (!Number.isNaN(value)) return value;
      }
      return NaN;
    },
  };
})();
