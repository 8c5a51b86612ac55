/* How the picture is shown: layers, history, the value axis, lines across it. The address says what differs from the usual;
   values that are none are left out. The painter reads it at every frame, the server with every question (pages/_view.py). */
(() => {
  const hindcast = window.hindcast;
  const { gate } = hindcast;
  const MOST_LINES = 2;
  const MOST_PAST = 5; /* doublings of the history */
  const WHOLE_PAST = 511; /* steps: the whole context of a model */
  const NUMBER = /^-?\d{1,15}(\.\d{1,9})?$/;
  const HIDE = ["shading", "baseline", "truth"];
  const SHOW = ["paths", "ghosts"];
  let revealed = null; /* the moment whose outcome is shown after all */

  const listed = (names) => names.filter((name) => look[name] !== HIDE.includes(name));

  const parts = () => ({
    hide: listed(HIDE).join(","),
    show: listed(SHOW).join(","),
    y: look.window ? "window" : "",
    past: look.past || "",
  });
  const written = (named) => Object.entries(named).filter(([, value]) => value).map((pair) => pair.join("=")).join("&");

  const look = (hindcast.look = {
    shading: true,
    baseline: true,
    truth: true /* false: what happened is hidden until it is asked for */,
    paths: false,
    ghosts: false,
    window: false /* the value axis spans the picture, not the file */,
    past: 0 /* how often the history is doubled */,
    lines: null /* thresholds, ascending; null: nobody has said */,

    /* Whether what happened after a moment may be seen. */
    tells: (index) => look.truth || (revealed !== null && revealed === index),

    /* What the page's address says. */
    read(facts) {
      const asked = new URLSearchParams(window.location.search);
      const has = (name, value) => (asked.get(name) || "").split(",").includes(value);
      const lines = asked.get("line")?.split(",").filter((text) => NUMBER.test(text)).map(Number);
      for (const name of HIDE) look[name] = !has("hide", name);
      for (const name of SHOW) look[name] = has("show", name);
      look.window = asked.get("y") === "window";
      look.past = /^-?[1-9]$/.test(asked.get("past")) && Math.abs(asked.get("past")) <= MOST_PAST ? Number(asked.get("past")) : 0;
      look.lines = lines?.length && lines.length <= MOST_LINES ? lines.sort((a, b) => a - b) : null;
      revealed = null;
      facts.look = look.query();
      show();
    },

    /* The part of an address that names it. */
    query: () => written({ ...parts(), line: look.lines?.join(",") }),

    /* What the server is asked for at a moment. */
    asked: (index) => written({ ...parts(), hide: listed(HIDE).filter((name) => name !== "truth" || !look.tells(index)).join(",") }),

    /* Another layer, another axis: a new picture, and the address says so at once. */
    toggle(name) {
      look[name] = !look[name];
      revealed = null;
      look.changed();
      gate.refresh();
    },

    /* Twice or half as much history, up to all that a model sees. */
    lengthen(way) {
      const axes = hindcast.axes();
      if (!axes || (way > 0 ? -axes.first >= WHOLE_PAST : -axes.first <= 1)) return;
      look.past = Math.min(MOST_PAST, Math.max(-MOST_PAST, look.past + way));
      look.changed();
      gate.refresh();
    },

    /* What happened is shown until the hand moves. */
    reveal() {
      if (!gate.facts || look.tells(gate.hand)) return;
      revealed = gate.hand;
      show();
      gate.refresh();
    },

    /* The address says it at once. */
    changed() {
      if (!gate.facts) return;
      gate.facts.look = look.query();
      show();
      hindcast.leave();
    },
  });

  /* What gives an outcome away is hidden with it. */
  const veil = () => document.documentElement.classList.toggle("blind", !look.tells(gate.hand));

  /* The menu says what is on; its entry about what happened is on while that is hidden. */
  const show = () => {
    veil();
    const { classList } = document.documentElement;
    classList.toggle("no-shading", !look.shading);
    classList.toggle("no-baseline", !look.baseline);
    for (const node of document.querySelectorAll("[data-look]")) {
      const name = node.dataset.look;
      node.ariaPressed = String(look[name] !== (name === "truth"));
    }
  };

  gate.onmove(() => {
    if (revealed !== gate.hand) revealed = null;
    veil();
  });
})();
