/* A stretch of the rail, chosen by Shift and a drag (a finger rests a moment, then drags): surprises and play stay inside
   it, its address names it (sel=), and it says how many moments it has and by how much they missed. hindcast.selection.range is [first, last] or null. */
(() => {
  const hindcast = window.hindcast;
  const { gate, rail } = hindcast;
  const ENDS = /^(0|-[1-9][0-9]{0,9}),(0|-[1-9][0-9]{0,9})$/;
  const STILL = 3; /* px that a press may move without being a drag */
  const RESTS_MS = 450; /* of a finger that means a stretch */
  const SHAKES = 6; /* px that it may move meanwhile */
  let facts = null;
  let drag = null; /* { pointer, from, moved } */
  let resting = null; /* { pointer, x, timer } of a finger on the rail */
  let seen = null; /* the rail's answer that was last summed up, and of what */

  const selection = (hindcast.selection = {
    range: null,

    set(first, last) {
      selection.range = [Math.min(first, last), Math.max(first, last)];
      show();
      told();
    },

    /* What the page's address says, where that is a stretch of the file. */
    read() {
      const asked = ENDS.exec(new URLSearchParams(window.location.search).get("sel"));
      const [first, last] = asked ? asked.slice(1).map(Number) : [1, 0];
      selection.range = first <= last && first > -facts.length ? [first, last] : null;
      facts.sel = selection.range?.join(",");
      show();
    },

    clear() {
      if (!selection.range) return;
      selection.range = null;
      show();
      told();
    },
  });

  /* The address says it at once. */
  const told = () => {
    facts.sel = selection.range?.join(",");
    hindcast.leave();
  };

  const show = () => {
    const node = document.getElementById("bracket");
    if (!node) return;
    const { range } = selection;
    hindcast.show("bracket", Boolean(range));
    hindcast.show("selection", Boolean(range));
    if (!range) return;
    const [left, right] = range.map(rail.x);
    Object.assign(node.style, { left: `${left}px`, width: `${Math.max(2, right - left)}px` });
    sum();
  };

  const sum = async () => {
    const { range } = selection;
    if (!rail.data || drag || (seen?.data === rail.data && seen.range === range && seen.unit === hindcast.unit)) return;
    seen = { data: rail.data, range, unit: hindcast.unit };
    const found = await rail.of({ from: range[0], to: range[1], width: 16 });
    if (!found || selection.range !== range) return;
    const { total } = found.counts;
    const miss = found.missed === null ? "none scored yet" : `missed by ${hindcast.quantity(found.missed)} on average`;
    const moments = `${total.toLocaleString("en").replaceAll(",", "\u202f")} moment${total === 1 ? "" : "s"}`;
    hindcast.write("selection-said", `${moments}, ${miss}`);
  };

  rail.opened((opened) => {
    facts = opened;
    seen = null;
    selection.read();
  });
  rail.watch(show);
  selection.show = show;

  const within = (event) => event.clientX - document.getElementById("track").getBoundingClientRect().left;

  window.addEventListener(
    "pointerdown",
    (event) => {
      const track = event.target.closest?.("#track");
      if (!track || event.button !== 0 || !gate.facts) return;
      const wish = { pointer: event.pointerId, from: within(event), moved: false };
      if (event.shiftKey) {
        event.preventDefault();
        track.setPointerCapture(event.pointerId);
        drag = wish;
      } else if (event.pointerType === "touch") {
        resting = { pointer: event.pointerId, x: event.clientX, timer: window.setTimeout(rested, RESTS_MS, wish) };
      }
    },
    { capture: true },
  );
  const rested = (wish) => {
    resting = null;
    hindcast.railLetGo();
    drag = wish;
    hindcast.railTip.stretch(rail.index(wish.from), rail.index(wish.from), wish.from);
  };
  const stirred = () => {
    window.clearTimeout(resting?.timer);
    resting = null;
  };
  document.addEventListener("contextmenu", (event) => drag && event.preventDefault()); /* what a long touch means elsewhere */
  window.addEventListener("pointermove", (event) => {
    if (resting?.pointer === event.pointerId && Math.abs(event.clientX - resting.x) > SHAKES) stirred();
    if (drag?.pointer !== event.pointerId || !gate.facts) return;
    const x = within(event);
    drag.moved ||= Math.abs(x - drag.from) > STILL;
    if (!drag.moved) return;
    const ends = [rail.index(drag.from), rail.index(x)].sort((a, b) => a - b);
    selection.range = ends;
    show();
    hindcast.railTip.stretch(...ends, x);
  });
  const released = (event) => {
    stirred();
    if (drag?.pointer !== event.pointerId) return;
    const { moved } = drag;
    drag = null;
    hindcast.railTip.hide();
    if (moved && gate.facts) selection.set(...selection.range);
  };
  window.addEventListener("pointerup", released);
  window.addEventListener("pointercancel", released);
  document.addEventListener("click", (event) => event.target.closest?.("#selection-clear") && selection.clear());
})();
