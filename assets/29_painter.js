/* The painter: a whole picture on the canvas over the plot, in well under a millisecond, while the hand moves. What it
   paints is what plotly draws of the same moment when the hand rests (pages/_figure.py); a test compares the two. */
(() => {
  const hindcast = window.hindcast;
  const { series, tape, fan } = hindcast;
  const FAINT = 0.35;
  const GHOSTS = 3; /* forecasts made just before that a picture may show */

  const chart = () => document.querySelector(".chart");

  /* The canvas, as large as the graph and as fine as the screen. */
  const prepared = () => {
    const canvas = document.getElementById("frame");
    if (!canvas) return null;
    const fine = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (canvas.width !== Math.round(width * fine) || canvas.height !== Math.round(height * fine)) {
      canvas.width = Math.round(width * fine);
      canvas.height = Math.round(height * fine);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(fine, 0, 0, fine, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  };

  const rule = (pen, axes, step, { color, width, dash = [] }) =>
    hindcast.stroke(pen, axes, [[step, axes.low], [step, axes.high]], { color, width, dash });

  /* Where a forecast was made that is not the hand's, and when. */
  const root = (pen, axes, index, shift) => {
    const { paint } = axes.fixed;
    pen.globalAlpha = FAINT;
    if (shift >= axes.first && shift <= axes.last) rule(pen, axes, shift, { color: paint.muted, width: 1.2 });
    const text = `forecast from ${hindcast.words.short(series.time(index), series.step)}`;
    Object.assign(pen, { font: `11px ${axes.font}`, fillStyle: paint.muted, textBaseline: "alphabetic", textAlign: "left" });
    pen.globalAlpha = 1;
    const furthest = axes.left + axes.width - pen.measureText(text).width - 4;
    const [x, y] = [Math.min(furthest, Math.max(axes.left + 4, axes.x(shift) + 4)), axes.top + axes.height - 8];
    Object.assign(pen, { strokeStyle: paint.paper, lineWidth: 4, lineJoin: "round" });
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  };

  /* The forecasts made just before, paler the older they are. */
  const ghosts = (pen, axes, index) => {
    if (!hindcast.look.ghosts) return;
    for (let age = 1; age <= GHOSTS; age += 1) {
      const forecast = hindcast.frames.at(index - age);
      pen.globalAlpha = 0.6 / age;
      if (forecast) fan.ghost(pen, axes, forecast, -age);
    }
  };

  hindcast.painter = {
    visible: false,

    ready: () => series.ready && hindcast.axes() !== null,

    /* The tape at the hand, and a forecast on it: made there, or at another index and then nailed to its own time, faint.
       Whether it could be painted. */
    paint({ hand, index, forecast, dashed }) {
      const axes = series.ready ? hindcast.axes() : null;
      const pen = axes && prepared();
      if (!pen) return false;
      const shift = forecast ? index - hand : 0;
      const { paint, narrow } = axes.fixed;
      pen.save();
      pen.beginPath();
      pen.rect(axes.left, axes.top, axes.width, axes.height);
      pen.clip();
      pen.globalAlpha = shift ? FAINT : 1;
      if (forecast && !shift) ghosts(pen, axes, index);
      pen.globalAlpha = shift ? FAINT : 1;
      if (forecast && hindcast.look.shading) fan.shade(pen, axes, forecast, shift);
      pen.globalAlpha = 1;
      tape.dayLines(pen, axes, hand);
      pen.globalAlpha = shift ? FAINT : 1;
      if (forecast) fan.lines(pen, axes, forecast, shift);
      pen.globalAlpha = 1;
      tape.known(pen, axes, hand);
      pen.restore();
      tape.cutPoints(pen, axes, hand);
      rule(pen, axes, 0, { color: paint.muted, width: 1.2, dash: dashed ? [9, 9] : [] });
      if (shift) root(pen, axes, index, shift);
      if (!narrow) hindcast.labels(pen, axes, labels(axes, hand, shift ? null : forecast, paint));
      chart()?.classList.add("painting");
      hindcast.painter.visible = true;
      return true;
    },

    hide() {
      hindcast.painter.visible = false;
      chart()?.classList.remove("painting");
    },
  };

  const labels = (axes, hand, forecast, paint) => [
    ...(forecast ? fan.labels(axes, forecast) : []),
    [tape.lastKnown(axes, hand), "what happened", paint.ink],
  ];
})();
