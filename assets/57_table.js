/* This forecast as a table: Ctrl+C on the chart, with nothing selected, copies it as tab-separated rows. */
(() => {
  const hindcast = window.hindcast;
  const { gate, series, words } = hindcast;
  const LEVELS = ["8 of 10 from", "5 of 10 from", "median", "5 of 10 to", "8 of 10 to"];

  /* One row per step; null while there is no forecast on the screen. */
  hindcast.table = () => {
    if (!hindcast.stepCard.step(0)) return null;
    const rows = Array.from({ length: gate.facts.horizon }, (_, k) => {
      const { bands, happened } = hindcast.stepCard.step(k);
      const time = words.iso(series.time(gate.drawn + k + 1));
      return [time, ...[...bands, happened].map((value) => (Number.isNaN(value) ? "" : Number(value.toPrecision(7))))];
    });
    return [["time", ...LEVELS, "happened"], ...rows].map((row) => row.join("\t")).join("\n");
  };

  document.addEventListener("copy", (event) => {
    if (!document.activeElement?.matches?.(".chart") || !window.getSelection().isCollapsed) return;
    const table = gate.facts && hindcast.table();
    if (!table) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", table);
    hindcast.say("Copied this forecast as a table");
  });
})();
