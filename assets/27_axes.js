/* What stays fixed while the hand moves: the axes as plotly has drawn them, and what the picture's maker says of itself
   (pages/_figure.py, `fixed`). Null until the first picture is drawn. */
(() => {
  const FAR = 1e5; /* px: what lies so far outside need not be told apart */

  window.hindcast.axes = () => {
    const graph = document.querySelector("#forecast .js-plotly-plot");
    const fixed = graph?.layout?.meta?.fixed;
    const { xaxis, yaxis, font } = graph?._fullLayout || {};
    if (!fixed || !xaxis?._length || !yaxis?._length) return null;
    const [from, to] = xaxis.range;
    const [low, high] = yaxis.range;
    const [left, top, width, height] = [xaxis._offset, yaxis._offset, xaxis._length, yaxis._length];
    return {
      left, top, width, height, low, high, fixed,
      font: font.family,
      first: Math.ceil(from),
      last: Math.floor(to),
      x: (step) => left + ((step - from) / (to - from)) * width,
      y: (value) => top + Math.min(FAR, Math.max(-FAR, ((high - value) / (high - low)) * height)),
    };
  };
})();
