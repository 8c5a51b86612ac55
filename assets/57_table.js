/* This forecast as a table, tab-separated, with the decimal sign that the file came with: from the export menu, or with
   Ctrl+C on the chart while nothing is selected. Outcomes that are hidden stay so. */
(() => {
  const hindcast = window.hindcast;
  const { exported, gate, series, words } = hindcast;
  const HEAD = ["time", "10 %", "25 %", "50 %", "75 %", "90 %", "what happened"];

  /* A head and a row per step; null while there is no forecast on the screen. */
  const table = () => {
    if (!gate.facts || !hindcast.stepCard.step(0)) return null;
    const digits = Number(document.getElementById("track").dataset.decimals);
    const sign = document.querySelector("#export-menu [data-decimal]")?.dataset.decimal || ".";
    const number = (value, text) => (Number.isNaN(value) ? "" : text(value).replace(".", sign));
    const rows = Array.from({ length: gate.facts.horizon }, (_, k) => {
      const { bands, happened } = hindcast.stepCard.step(k);
      const cells = bands.map((value) => number(value, (v) => v.toFixed(digits)));
      return [words.iso(series.time(gate.drawn + k + 1)), ...cells, number(happened, String)];
    });
    return [HEAD, ...rows].map((row) => row.join("\t")).join("\n");
  };

  /* Where the browser gives pages no clipboard, because the address is not https. */
  const byHand = (text) => {
    const box = hindcast.element("textarea", "visually-hidden");
    box.value = text;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    if (!copied) throw new Error("nothing was copied");
  };

  exported.table = async () => {
    const text = table();
    if (!text) return exported.say("There is no forecast from this moment.");
    try {
      if (navigator.clipboard) await navigator.clipboard.writeText(text);
      else byHand(text);
      exported.say(`Copied: ${text.split("\n").length - 1} rows.`);
    } catch {
      exported.say("The table could not be copied.");
    }
  };

  document.addEventListener("copy", (event) => {
    if (!document.activeElement?.matches?.(".chart") || !window.getSelection().isCollapsed) return;
    const text = table();
    if (!text) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", text);
    hindcast.say("Copied this forecast as a table");
  });
})();
