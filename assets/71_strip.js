/* The heat strip under the outline: by how much the moments of each column missed, in seven classes that are the same for
   every file, and what is not known yet. Surprises are ticks above it. */
(() => {
  const hindcast = window.hindcast;
  const EDGES = [0.15, 0.3, 0.5, 0.8, 1.2, 2]; /* of the miss, in units of the usual change from season to season */
  /* cividis, from dark to bright: readable for all kinds of eyes. A large miss stands out from the page. */
  const RAMP = ["#00204d", "#233e6c", "#575c6d", "#7c7b78", "#a69d75", "#d3c164", "#ffea46"];
  const TICK = 3; /* px above the strip where a surprise is marked */
  const HATCH = 4; /* px from line to line */

  const strip = (hindcast.strip = {
    /* The colour of a miss in units of the scale. */
    colour: (miss) => {
      const k = EDGES.filter((edge) => miss >= edge).length;
      return RAMP[hindcast.dark() ? k : RAMP.length - 1 - k];
    },

    /* One cell: column is what hindcast.rail.column says. */
    cell: (brush, column, x, width, top, height) => {
      if (column.unusable === 100) return hatched(brush, x, width, top, height);
      if (column.miss !== null) {
        const tall = Math.round(height * (0.5 + column.done / 200)); /* half, while hardly any is done */
        brush.fillStyle = strip.colour(column.miss);
        brush.fillRect(x, top + height - tall, width, tall);
      } else if (column.done > 0) {
        hollow(brush, x, width, top, height);
      } else {
        const half = Math.round(height / 2);
        brush.fillStyle = ink(column.failed ? "--danger" : "--pale");
        brush.fillRect(x, top + height - half, width, half);
      }
    },

    /* A canvas as large as it is shown, and a brush that counts in css px; null where it is not shown. */
    brush: (canvas) => {
      const { clientWidth: width, clientHeight: height } = canvas || {};
      if (!width || !height) return null;
      const ratio = window.devicePixelRatio || 1;
      const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== across || canvas.height !== down) Object.assign(canvas, { width: across, height: down });
      const brush = canvas.getContext("2d");
      brush.setTransform(ratio, 0, 0, ratio, 0, 0);
      brush.clearRect(0, 0, width, height);
      styles = getComputedStyle(document.documentElement);
      return { brush, width, height };
    },
  });

  let styles = null; /* of the page as it was painted last */
  const ink = (name) => styles.getPropertyValue(name).trim();

  const hatched = (brush, x, width, top, height) => {
    brush.save();
    brush.beginPath();
    brush.rect(x, top, width, height);
    brush.clip();
    brush.strokeStyle = ink("--line-strong");
    brush.lineWidth = 1;
    brush.beginPath();
    for (let at = Math.floor((x - height) / HATCH) * HATCH; at < x + width; at += HATCH) {
      brush.moveTo(at, top + height);
      brush.lineTo(at + height, top);
    }
    brush.stroke();
    brush.restore();
  };

  const hollow = (brush, x, width, top, height) => {
    brush.fillStyle = ink("--line-strong");
    brush.fillRect(x, top, width, 1);
    brush.fillRect(x, top + height - 1, width, 1);
  };

  const paint = () => {
    for (const node of document.querySelectorAll(".strip-key [data-miss]")) {
      node.style.background = strip.colour(Number(node.dataset.miss));
    }
    const canvas = document.getElementById("strip");
    const sheet = strip.brush(canvas);
    if (!sheet) return;
    const { brush, width, height } = sheet;
    const { data } = hindcast.rail;
    if (!data) return strip.cell(brush, { unusable: 0, done: 0, failed: 0, miss: null }, 0, width, TICK, height - TICK);
    const columns = data.miss.length;
    const edge = (k) => Math.round((k * width) / columns);
    for (let k = 0; k < columns; k += 1) {
      const column = { unusable: data.unusable[k], done: data.done[k], failed: data.failed[k], miss: data.miss[k] };
      strip.cell(brush, column, edge(k), Math.max(1, edge(k + 1) - edge(k)), TICK, height - TICK);
    }
    brush.fillStyle = ink("--ink");
    for (const { index } of data.surprises) {
      brush.fillRect(Math.round(hindcast.rail.x(index) - hindcast.rail.EDGE) - 1, 0, 2, TICK);
    }
  };

  hindcast.rail.watch(paint);
})();
