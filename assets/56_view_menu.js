/* The View menu: its entries, and closing it. */
(() => {
  const hindcast = window.hindcast;
  const { gate, look } = hindcast;

  const menu = () => document.getElementById("view-menu");

  hindcast.closeView = () => {
    if (!menu()?.open) return false;
    menu().open = false;
    menu().querySelector("summary").focus();
    return true;
  };

  /* Another model's forecast of this moment. */
  const forecastBy = (model) => {
    const { facts, hand } = gate;
    if (model === facts.model) return;
    hindcast.leave();
    hindcast.keepInSight();
    hindcast.go(hindcast.address(facts.handle, `i=${hand}`, { ...facts, model }), { stay: true });
  };

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest?.(selector);
    if (menu()?.open && !hit("#view-menu")) menu().open = false;
    if (!gate.facts) return;
    if (hit("[data-look]")) look.toggle(hit("[data-look]").dataset.look);
    else if (hit("[data-past]")) look.lengthen(Number(hit("[data-past]").dataset.past));
    else if (hit("#reveal")) look.reveal();
    else if (hit("[data-model]")) forecastBy(hit("[data-model]").dataset.model || null);
  });
})();
