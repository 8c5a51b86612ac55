/* Runs before the first paint: the page opens in the theme it was left in, so that nothing flashes. */
(() => {
  let kept = null;
  try {
    kept = window.localStorage.getItem("mantine-color-scheme-value");
  } catch {
    kept = null;
  }
  const dark = kept === "dark" || (kept !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
