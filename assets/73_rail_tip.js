/* The label above the rail: the hand's time while it is dragged, else what the strip says under the pointer. */
(() => {
  const hindcast = window.hindcast;
  const { gate, rail } = hindcast;

  const number = (value, decimals) => {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    return value.toLocaleString("en", digits).replaceAll(",", "\u202f");
  };

  /* "2.2 kWh": a miss in the data's unit, as the sentences write it; the first picture's answer brings the unit. */
  hindcast.unit = "";
  hindcast.quantity = (value) => {
    const decimals = Number(document.getElementById("track")?.dataset.decimals || 1);
    return `${number(value, decimals)} ${hindcast.unit}`.trim();
  };

  const time = (index) => hindcast.clock(gate.facts.clock, index) || `${number(-index, 0)} steps before the end`;

  const says = (index) => {
    const column = rail.column(index);
    if (!column || !hindcast.look.truth) return time(index);
    if (column.unusable === 100) return `${time(index)}: no forecast from here`;
    if (column.miss === null) {
      if (column.done) return `${time(index)}: what happened is not known, or too little of it`;
      return `${time(index)}: ${column.failed ? "the model could not compute this" : "not computed yet"}`;
    }
    const miss = hindcast.quantity(column.miss * rail.data.scale);
    const { usual } = document.getElementById("track").dataset;
    return `${time(index)}: missed by ${miss}, ${number(column.miss, 1)} \u00d7 the usual difference to the ${usual}`;
  };

  const show = (words, x) => {
    const node = hindcast.write("rail-tip", words);
    if (!node) return;
    node.hidden = false;
    const [half, across] = [node.offsetWidth / 2, node.parentElement.clientWidth];
    node.style.left = `${Math.min(Math.max(x, half), Math.max(half, across - half))}px`;
  };

  hindcast.railTip = {
    thumb: () => show(time(gate.hand), rail.x(gate.hand)),
    stretch: (first, last, x) => show(`${time(first)} to ${time(last)}`, x),
    hide: () => hindcast.show("rail-tip", false),
  };

  /* Over the strip, with no button down. */
  document.addEventListener("pointermove", (event) => {
    if (event.buttons || event.pointerType === "touch") return;
    const track = event.target.closest?.("#track");
    if (!track || !gate.facts) return;
    const { left, top } = track.getBoundingClientRect();
    if (event.clientY < top + document.getElementById("strip").offsetTop) return hindcast.railTip.hide();
    show(says(rail.index(event.clientX - left)), event.clientX - left);
  });
  document.addEventListener("pointerout", (event) => {
    const leaves = event.target.closest?.("#track") && !event.relatedTarget?.closest?.("#track");
    if (leaves && !event.buttons) hindcast.railTip.hide();
  });
})();
