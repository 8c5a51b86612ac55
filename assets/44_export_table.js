/* This forecast as tab-separated rows in the clipboard, with the decimal sign that the file came with. */
(() => {
  const hindcast = window.hindcast;
  const { exported } = hindcast;
  const HEAD = ["time", "10 %", "25 %", "50 %", "75 %", "90 %", "what happened"];
  const LEVELS = ["0.1", "0.25", "0.5", "0.75", "0.9"];

  const rows = (plot) => {
    const digits = Number(document.getElementById("track").dataset.decimals);
    const sign = document.querySelector("#export-menu [data-decimal]")?.dataset.decimal || ".";
    const number = (value, places) => {
      if (value === null) return "";
      return (places === undefined ? String(value) : value.toFixed(places)).replace(".", sign);
    };
    const line = (time, k) => {
      const bands = LEVELS.map((level) => number(plot.quantiles[level][k], digits));
      return [time.replace("T", " ").slice(0, 19), ...bands, number(plot.actuals[k])].join("\t");
    };
    return [HEAD.join("\t"), ...plot.times.map(line)].join("\n");
  };

  /* Where the browser gives pages no clipboard, because the address is not https. */
  const byHand = (words) => {
    const box = hindcast.element("textarea", "visually-hidden");
    box.value = words;
    document.body.append(box);
    box.select();
    const copied = document.execCommand("copy");
    box.remove();
    if (!copied) throw new Error("nothing was copied");
  };

  exported.table = async () => {
    const { facts, hand } = hindcast.gate;
    if (!facts) return;
    const query = new URLSearchParams({ horizon: facts.horizon, ...(facts.model ? { model: facts.model } : {}) });
    try {
      const answer = await fetch(`/api/v1/datasets/${facts.handle}/forecasts/${hand}?${query}`);
      if (!answer.ok) return exported.say("There is no forecast from this moment.");
      const words = rows(await answer.json());
      if (navigator.clipboard) await navigator.clipboard.writeText(words);
      else byHand(words);
      exported.say(`Copied: ${words.split("\n").length - 1} rows.`);
    } catch {
      exported.say("The table could not be copied.");
    }
  };
})();
