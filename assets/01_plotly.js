/* Where the graphs find plotly: our own, smaller build (assets/vendor), loaded when the first graph needs it. Dash writes
   the address of the full build into this name; it is told once, here. */
(() => {
  const address = document.querySelector("meta[name=plotly]").content;
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => address, set: () => {} });
})();
