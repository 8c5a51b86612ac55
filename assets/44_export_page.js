/* This view as one HTML file: its words, its picture, and plotly itself, so that it opens from a disk, without network. */
(() => {
  const hindcast = window.hindcast;
  const { exported } = hindcast;
  const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:";
  const DRAW = `const { data, layout } = JSON.parse(document.getElementById("figure").textContent);
Plotly.newPlot("picture", data, layout, { displayModeBar: false, responsive: true });`;

  const text = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const script = (code) => code.replaceAll(/<\/(script)/gi, "<\\/$1").replaceAll("<!--", "<\\!--");

  const style = () => `body { margin: 24px auto; max-width: 1100px; padding: 0 16px; font-family: system-ui, sans-serif;
  background: ${exported.colour("--card")}; color: ${exported.colour("--ink")}; }
h1 { font-size: 20px; } #picture { height: 440px; }`;

  exported.page = async () => {
    const words = exported.words();
    if (!words) return exported.say("The picture is not there yet.");
    const graph = document.querySelector("#forecast .js-plotly-plot");
    const { data, layout } = JSON.parse(window.Plotly.Plots.graphJson(graph, false, "keepdata"));
    const figure = JSON.stringify({ data, layout: { ...layout, shapes: exported.shapes(), autosize: true } }).replaceAll("<", "\\u003c");
    const answer = await fetch(window._dashPlotlyJSURL).catch(() => null);
    if (!answer?.ok) return exported.say("No connection: the file cannot be made now.");
    const parts = [
      `<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n`,
      `<meta http-equiv="Content-Security-Policy" content="${POLICY}">\n`,
      `<meta name="viewport" content="width=device-width, initial-scale=1">\n`,
      `<title>${text(words.title)}</title>\n<style>${style()}</style>\n</head>\n<body>\n<h1>${text(words.title)}</h1>\n`,
      ...words.sentences.map((sentence) => `<p>${text(sentence)}</p>\n`),
      `<div id="picture"></div>\n<script type="application/json" id="figure">${figure}</script>\n`,
      `<script>${script(await answer.text())}</script>\n<script>${DRAW}</script>\n</body>\n</html>\n`,
    ];
    exported.save(new Blob(parts, { type: "text/html" }), "html");
  };
})();
