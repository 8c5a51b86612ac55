/* The hand on the rail. A press jumps there and goes on as a drag; a click, which is a press that did not move, goes to a
   surprise whose tick is near. The slider on top is for keys and screen readers: pointers never reach it. */
(() => {
  const hindcast = window.hindcast;
  const { gate, rail } = hindcast;
  const NEAR = 6; /* px from a click to a tick it means */
  const STILL = 3; /* px that a click may move */
  let drag = null; /* { pointer, before: the hand, from, off, x, moved } */

  const track = () => document.getElementById("track");
  const within = (event) => event.clientX - track().getBoundingClientRect().left;

  const press = (event) => {
    const own = event.target.closest?.("#track");
    if (!own || !gate.facts) return;
    event.stopPropagation();
    if (event.button !== 0 || drag || event.shiftKey) return;
    event.preventDefault();
    hindcast.pause();
    own.setPointerCapture(event.pointerId);
    own.querySelector("[role=slider]")?.focus({ preventScroll: true });
    const x = within(event);
    const isThumb = Boolean(event.target.closest("[role=slider]"));
    const off = isThumb ? rail.x(gate.hand) - x : 0;
    drag = { pointer: event.pointerId, before: gate.hand, from: x, off, x, moved: false };
    own.classList.add("dragging");
    if (!isThumb) follow();
    hindcast.railTip.thumb();
  };

  const follow = () => {
    if (!gate.facts) return;
    hindcast.move(rail.index(drag.x + drag.off));
    hindcast.railTip.thumb();
  };

  const moved = (event) => {
    if (drag?.pointer !== event.pointerId) return;
    drag.x = within(event);
    drag.moved ||= Math.abs(drag.x - drag.from) > STILL;
    if (drag.moved) follow(); /* browsers tell of moves once per frame */
  };

  const released = (event) => {
    if (drag?.pointer !== event.pointerId) return;
    const { moved: isDrag, from, before } = drag;
    drag = null;
    track()?.classList.remove("dragging");
    hindcast.railTip.hide();
    if (isDrag || event.type !== "pointerup") return;
    hindcast.visit(nearest(from)?.index ?? gate.hand, before);
  };

  /* A press that turns out to mean something else. */
  hindcast.railLetGo = () => {
    drag = null;
    track()?.classList.remove("dragging");
  };

  /* The surprise whose tick is next to a place on the track, if one is near. */
  const nearest = (x) => {
    const away = (peak) => Math.abs(rail.x(peak.index) - x);
    const [first] = [...(rail.data?.surprises || [])].sort((a, b) => away(a) - away(b));
    return first && away(first) <= NEAR ? first : null;
  };

  window.addEventListener("pointerdown", press, { capture: true });
  window.addEventListener("pointermove", moved);
  window.addEventListener("pointerup", released);
  window.addEventListener("pointercancel", released);
})();
