/* A sparkline of a sketch: heights 0 .. 99, null where nothing is known. */
(() => {
  const SVG = "http://www.w3.org/2000/svg";

  window.hindcast.sparkline = (points) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 120 24");
    svg.setAttribute("class", "spark");
    svg.setAttribute("aria-hidden", "true");
    if (!Array.isArray(points) || points.length < 2) return svg;
    let pen = "M";
    const path = points.map((y, k) => {
      if (typeof y !== "number") {
        pen = "M";
        return "";
      }
      const step = `${pen}${((120 * k) / (points.length - 1)).toFixed(1)} ${(22 - y / 5).toFixed(1)}`;
      pen = "L";
      return step;
    });
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", path.join(""));
    svg.append(line);
    return svg;
  };
})();
