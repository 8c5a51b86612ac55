/* Explore: the export menu. Files come from the server, pictures from the chart itself. */
(() => {
  const hindcast = window.hindcast;
  const SCALE = 2;

  const menu = () => document.getElementById("export-menu");

  const save = (format) => {
    const chart = document.querySelector("#forecast .js-plotly-plot");
    if (!chart || !hindcast.gate.facts) return;
    const { width, height } = chart.getBoundingClientRect();
    const filename = `${hindcast.gate.facts.handle.slice(0, 12)}_${hindcast.gate.hand}`;
    const ground = getComputedStyle(document.body).getPropertyValue("--card").trim();
    const shapes = [...chart.layout.shapes, ...hindcast.thresholds.shapes()];
    const figure = { data: chart.data, layout: { ...chart.layout, shapes, paper_bgcolor: ground } };
    window.Plotly.downloadImage(figure, { format, filename, width, height, scale: format === "png" ? SCALE : 1 });
  };

  document.addEventListener("click", (event) => {
    const picture = event.target.closest?.("[data-picture]");
    if (picture) save(picture.dataset.picture);
    const stays = event.target.closest?.("#export-menu") && !event.target.closest(".menu-item");
    if (menu()?.open && !stays) menu().open = false;
  });

  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu()?.open) return;
    menu().open = false;
    menu().querySelector("summary").focus();
  });
})();
