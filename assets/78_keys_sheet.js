/* The list of keys, and the switch for those that are single letters, digits or signs. */
(() => {
  const hindcast = window.hindcast;

  const show = () => {
    const node = document.getElementById("keys-switch");
    const { on } = hindcast.keys;
    node.textContent = `Single-key shortcuts: ${on ? "on" : "off"}`;
    node.ariaPressed = String(on);
  };

  hindcast.showKeys = () => {
    const sheet = document.getElementById("keys");
    if (!sheet || sheet.open) return;
    show();
    sheet.showModal();
  };

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest?.(selector);
    if (hit("#keys-open")) hindcast.showKeys();
    else if (hit("#keys-close") || event.target.id === "keys") document.getElementById("keys").close();
    else if (hit("#keys-switch")) {
      hindcast.keys.on = !hindcast.keys.on;
      show();
    }
  });
})();
