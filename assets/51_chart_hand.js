/* The hand on the chart. Dragging moves the data like paper, one step per step of width, to the right = earlier, and every
   moment can be reached; a notch of the wheel is one step. A click or a tap pins the step under it. On a touch screen a
   swipe becomes a drag only once it is clearly more across than down: pages are scrolled from here, too. */
(() => {
  const hindcast = window.hindcast;
  const { gate } = hindcast;
  const STILL = 3; /* px that a click may move */
  const ACROSS = 8; /* px more across than down that make a drag of a swipe */
  const QUIET_MS = 120; /* after a drag nothing is pointed at for so long */
  const NOTCH = 80; /* px of a wheel event that are one notch; what is less adds up */
  let drag = null; /* { pointer, x, y, hand, width of a step, taken } */
  let quiet = 0;
  let rolled = 0;

  const chartOf = (event) => {
    const chart = event.target.closest?.(".chart");
    return chart && gate.facts && !event.target.closest("button, a, #ribbon, [data-line]") ? chart : null;
  };

  /* The step ahead under the pointer, 0 for the first; null where there is none. */
  const stepAt = (chart, event) => {
    const axes = hindcast.axes();
    if (!axes) return null;
    const { left, top } = chart.getBoundingClientRect();
    const y = event.clientY - top - chart.clientTop;
    if (y < axes.top || y > axes.top + axes.height) return null;
    const step = Math.round((event.clientX - left - chart.clientLeft - axes.x(0)) / (axes.x(1) - axes.x(0)));
    return step >= 1 && step <= gate.facts.horizon ? step - 1 : null;
  };

  const take = (chart, event) => {
    Object.assign(drag, { taken: true, x: event.clientX, hand: gate.hand });
    chart.setPointerCapture(event.pointerId);
    chart.classList.add("dragging");
    hindcast.stepCard.point(null);
  };

  document.addEventListener("pointerdown", (event) => {
    const chart = chartOf(event);
    const axes = chart && hindcast.axes();
    if (!axes || drag || event.button !== 0 || !event.isPrimary) return;
    const width = axes.x(1) - axes.x(0);
    drag = { pointer: event.pointerId, chart, x: event.clientX, y: event.clientY, hand: gate.hand, width, taken: false };
    if (event.pointerType !== "touch") chart.setPointerCapture(event.pointerId);
  });

  document.addEventListener("pointermove", (event) => {
    if (drag?.pointer !== event.pointerId) return hover(event);
    const [across, down] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.taken) {
      const begins = event.pointerType === "touch" ? Math.abs(across) - Math.abs(down) > ACROSS : Math.abs(across) > STILL;
      if (!begins) return;
      const from = drag.x;
      take(drag.chart, event);
      if (event.pointerType !== "touch") drag.x = from; /* what was taken stays under the pointer */
    }
    if (gate.facts) hindcast.move(drag.hand - Math.round((event.clientX - drag.x) / drag.width));
  });

  const released = (event) => {
    if (drag?.pointer !== event.pointerId) return;
    const { chart, taken, x, y } = drag;
    drag = null;
    chart.classList.remove("dragging");
    if (taken) {
      quiet = performance.now() + QUIET_MS;
      return;
    }
    const isStill = Math.abs(event.clientX - x) <= ACROSS && Math.abs(event.clientY - y) <= ACROSS;
    const step = event.type === "pointerup" && isStill && gate.facts ? stepAt(chart, event) : null;
    if (step !== null) hindcast.stepCard.pin(step);
  };
  document.addEventListener("pointerup", released);
  document.addEventListener("pointercancel", released);

  /* With no button down; a finger points at nothing. */
  const hover = (event) => {
    if (event.pointerType === "touch" || event.buttons || drag || performance.now() < quiet) return;
    const chart = chartOf(event);
    if (gate.facts) hindcast.stepCard.point(chart ? stepAt(chart, event) : null);
  };
  document.addEventListener("pointerout", (event) => gate.facts && !event.relatedTarget && hindcast.stepCard.point(null));

  document.addEventListener(
    "wheel",
    (event) => {
      if (event.ctrlKey || !chartOf(event)) return;
      event.preventDefault();
      const delta = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
      const isNotch = event.deltaMode !== WheelEvent.DOM_DELTA_PIXEL || Math.abs(delta) >= NOTCH;
      rolled = isNotch ? Math.sign(delta) * NOTCH : Math.sign(rolled) === -Math.sign(delta) ? delta : rolled + delta;
      if (Math.abs(rolled) < NOTCH) return;
      hindcast.stepCard.point(null);
      hindcast.step(Math.sign(rolled));
      rolled = 0;
    },
    { passive: false },
  );
})();
