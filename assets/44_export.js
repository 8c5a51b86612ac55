/* Explore: the export menu, and the picture as a file. Pictures are the chart's own, with their title, in its colours. */
(() => {
  const hindcast = window.hindcast;
  const SCALE = 2;
  const HEAD = 66; /* px above the picture, for its title */
  const TITLE = { size: 17, narrow: 560 }; /* px: of its letters; of a picture in which it takes two lines */

  const menu = () => document.getElementById("export-menu");
  const graph = () => document.querySelector("#forecast .js-plotly-plot");
  const plain = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

  const exported = (hindcast.exported = {
    /* The names of files tell the series' number and the moment, nobody's words. */
    name: () => `${hindcast.gate.facts.handle.slice(0, 12)}_${hindcast.gate.rested}`,
    colour,

    /* Everything that is drawn: the lines that people draw across the picture lie over the chart, not in it. */
    shapes: () => [...graph().layout.shapes, ...hindcast.thresholds.shapes()],

    /* The words that stand over the picture; null as long as none is drawn. */
    words() {
      const text = (id) => document.getElementById(id)?.innerText.trim() || "";
      if (!graph() || hindcast.gate.rested === null) return null;
      return { title: text("heading"), sentences: ["missed", "standing", "inside"].map(text).filter(Boolean) };
    },

    save(blob, ending) {
      const link = hindcast.element("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${exported.name()}.${ending}`;
      link.click();
      window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },

    say(words) {
      const button = menu()?.querySelector("summary");
      if (!button) return;
      button.dataset.said = words;
      hindcast.write("export-said", words);
      window.setTimeout(() => delete button.dataset.said, 4000);
    },
  });

  const picture = (format) => {
    const chart = graph();
    const words = exported.words();
    if (!words) return exported.say("The picture is not there yet.");
    const { width, height } = chart.getBoundingClientRect();
    const ink = colour("--ink");
    const title = width < TITLE.narrow ? plain(words.title).replace(" on ", "<br>on ") : plain(words.title);
    const layout = {
      ...chart.layout,
      shapes: exported.shapes(),
      paper_bgcolor: colour("--card"),
      margin: { ...chart.layout.margin, t: chart.layout.margin.t + HEAD },
      title: {
        text: title,
        subtitle: { text: plain(words.sentences[0] || ""), font: { size: 13, color: ink } },
        font: { size: width < TITLE.narrow ? 14 : TITLE.size, color: ink },
        x: 0, xref: "container", xanchor: "left", pad: { l: 16 }, y: 1, yref: "container", yanchor: "top",
      },
    };
    layout.title.pad.t = 16;
    const size = { width, height: height + HEAD, scale: format === "png" ? SCALE : 1 };
    window.Plotly.downloadImage({ data: chart.data, layout }, { format, filename: exported.name(), ...size });
  };

  document.addEventListener("click", (event) => {
    const wanted = event.target.closest?.("[data-picture]")?.dataset.picture;
    if (wanted === "html") exported.page();
    else if (wanted) picture(wanted);
    else if (event.target.closest?.("#copy-table")) exported.table();
    const stays = event.target.closest?.("#export-menu") && !event.target.closest(".menu-item");
    if (menu()?.open && !stays) menu().open = false;
  });

  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu()?.open) return;
    menu().open = false;
    menu().querySelector("summary").focus();
  });
})();
