/* Accuracy: asks for the numbers of what is selected, again every two seconds while more are being computed, and puts them
   in their places: never under the pointer, there they wait until it is somewhere else. The address says what is selected. */
(() => {
  const hindcast = window.hindcast;
  const EVERY_MS = 2000;
  const UNCHANGED_MS = 6000; /* until the next question, where nothing has changed */
  const RETRY_MS = 3000;
  const MORE = 20; /* rows of the table of the worst */
  let facts = null; /* which file, and what is selected: slice, sel */
  let worst = MORE;
  let seq = 0;
  let flying = 0; /* number of the question on its way */
  let seen = null; /* what the answer on the page stands on */
  let timer = 0;
  let held = {}; /* parts that wait for the pointer to leave */
  let followed = null; /* the card in which somebody asked for more: it changes under the pointer, too */
  let drawn = {}; /* what each chart shows, as text */

  const page = () => document.getElementById("accuracy");

  /* Asks now. `anew`: somebody has chosen something else, so everything is drawn. */
  const ask = ({ anew = false } = {}) => {
    window.clearTimeout(timer);
    if (!facts || !page()) return;
    if (anew) seen = null;
    flying = seq += 1;
    const { handle, model, h, slice, sel } = facts;
    const upload = hindcast.memory.get(handle)?.upload || null;
    const look = { dark: hindcast.dark(), narrow: hindcast.narrow() };
    hindcast.set("accuracy-asked", { data: { handle, model, h, slice, sel, worst, seq, upload, seen, ...look } }, "accuracy");
  };

  const later = (wait) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (document.hidden ? later(wait) : ask()), wait);
  };

  const isUnder = (id) => {
    const card = document.getElementById(id)?.closest(".card");
    return card && card !== followed && card.matches(":hover");
  };

  const put = (id, props) => {
    delete held[id];
    if ("children" in props) return hindcast.fill(id, props.children);
    const text = JSON.stringify(props);
    if (drawn[id] !== text) hindcast.set(id, props);
    drawn[id] = text;
  };

  /* Between two parts the browser gets round to what a hand does. */
  const breath = () => new Promise((done) => window.setTimeout(done));

  /* Changes the page, and scrolls it by as much as that pushes the card under the pointer. */
  const still = (change) => {
    const card = document.querySelector("#accuracy .card:hover");
    const top = card?.getBoundingClientRect().top;
    change();
    const pushed = card ? card.getBoundingClientRect().top - top : 0;
    if (pushed) window.scrollBy({ top: pushed, behavior: "instant" });
  };

  /* Whatever is no longer under the pointer is brought up to date. */
  const flush = () => {
    for (const [id, props] of Object.entries(held)) if (!isUnder(id)) still(() => put(id, props));
  };
  document.addEventListener("pointerover", flush, { passive: true });
  document.documentElement.addEventListener("pointerleave", () => window.setTimeout(flush));

  const place = async (answer) => {
    if (!facts || !page() || !answer || answer.seq !== flying) return;
    const isChosen = seen === null;
    flying = 0;
    held = isChosen ? {} : held;
    const rests = new Set(Object.keys(answer.parts).filter(isUnder)); /* before a part above pushes it from there */
    for (const [id, props] of Object.entries(answer.parts)) {
      if (isChosen || !(rests.has(id) || isUnder(id))) still(() => put(id, props));
      else held[id] = props;
      await breath();
      if (flying || !page()) return; /* something else was chosen meanwhile */
    }
    if (answer.title) document.title = answer.title;
    page().dataset.state = answer.state;
    page().dataset.complete = String(answer.complete);
    page().dataset.seq = String(answer.seq);
    if (answer.state === "busy") return later(RETRY_MS);
    const isSame = seen !== null && seen === answer.seen;
    seen = answer.seen;
    if (!answer.complete) later(isSame ? UNCHANGED_MS : EVERY_MS);
  };

  /* Without an answer the server failed: once more, after a while. */
  const released = (busy) => {
    const asked = flying;
    if (!busy && asked) window.setTimeout(() => flying === asked && later(RETRY_MS), 250);
  };

  /* The address of this page; i is the moment in explore that one came from, warned what is asked about warnings. */
  const address = ({ handle, model, h, i, slice, sel, warned }, which = "accuracy") => {
    const given = Object.entries({ i, model: model && encodeURIComponent(model), h, sel, slice }).filter(([, value]) => value);
    const query = [...given.map((pair) => pair.join("=")), ...(warned ? [warned] : [])].join("&");
    return hindcast.at(`/${which}/${handle}${query ? "?" : ""}${query}`);
  };

  hindcast.accuracy = {
    get facts() {
      return page() ? facts : null;
    },

    /* The question about warnings is part of the address, but no place of its own. */
    warned(query) {
      facts.warned = query;
      window.history.replaceState(window.history.state, "", address(facts));
    },
  };

  /* From explore: what is chosen there stays chosen. */
  const leave = (event) => {
    const link = event.target.closest?.("[data-accuracy]");
    const opened = link && hindcast.gate.facts;
    if (!opened) return;
    const { handle, model, h, slice, sel } = opened;
    link.href = address({ handle, model, h, slice, sel, i: String(hindcast.gate.hand) });
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    hindcast.leave();
    hindcast.go(link.getAttribute("href"));
  };
  document.addEventListener("click", leave, { capture: true });

  /* Selects other moments: a new place, to which and from which the browser's buttons lead. */
  const select = (chosen) => {
    Object.assign(facts, chosen);
    worst = MORE;
    window.history.pushState(window.history.state, "", address(facts));
    mark();
    ask({ anew: true });
    if ("sel" in chosen) hindcast.warned.ask();
  };

  /* Another model is computed from when somebody asks for its scores. */
  const compute = async (button) => {
    button.disabled = true;
    followed = button.closest(".card");
    const which = new URLSearchParams({ model: button.dataset.compute, worst: 0, ...(facts.h && { horizon: facts.h }) });
    await fetch(hindcast.at(`/api/v1/datasets/${facts.handle}/scores?${which}`)).catch(() => null);
    ask({ anew: true });
  };

  /* The pressed cell at once, before there are numbers of it; what is selected stays so in explore. */
  const mark = () => {
    const explore = address({ ...facts, warned: "" }, "explore");
    hindcast.set("explore-tab", { href: explore });
    for (const cell of document.querySelectorAll("[data-slice]")) cell.ariaPressed = String(cell.dataset.slice === facts.slice);
  };

  document.addEventListener("click", (event) => {
    if (!facts || !page()) return;
    const cell = event.target.closest?.("#accuracy [data-slice]");
    const more = event.target.closest?.("[data-more]");
    if (cell) select({ slice: cell.dataset.slice === facts.slice ? null : cell.dataset.slice });
    else if (event.target.closest?.("#slice-clear")) select({ slice: null, sel: null });
    else if (event.target.closest?.("[data-compute]")) compute(event.target.closest("[data-compute]"));
    else if (more) {
      worst = Number(more.dataset.more) + MORE;
      ask({ anew: true });
    }
  });

  document.addEventListener("keydown", (event) => {
    const isHere = facts && page() && !event.target.closest?.("input, select, textarea");
    if (isHere && event.key === "Escape" && (facts.slice || facts.sel)) select({ slice: null, sel: null });
  });

  /* Before the app hears of it, which would build the page anew. */
  window.addEventListener("popstate", (event) => {
    if (!facts || !page() || window.location.pathname !== hindcast.at(`/accuracy/${facts.handle}`)) return;
    const asked = new URLSearchParams(window.location.search);
    if (asked.get("model") !== (facts.model ?? null) || Number(asked.get("h")) !== (facts.h ?? 0)) return;
    event.stopImmediatePropagation();
    Object.assign(facts, { slice: asked.get("slice"), sel: asked.get("sel") });
    mark();
    ask({ anew: true });
  });

  /* A click over time opens that moment in explore. */
  const listen = () => {
    const graph = document.querySelector("#accuracy-past .js-plotly-plot");
    if (!page()) return;
    if (!graph?.on) return window.setTimeout(listen, 100);
    graph.on("plotly_click", ({ points }) => {
      const { handle, model, h, slice, sel } = facts;
      hindcast.go(hindcast.address(handle, `i=${points[0].x}`, { model, h, slice, sel }));
    });
  };

  /* The page as a file is of the same line. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#report-link");
    if (!link || !facts) return;
    const url = new URL(link.href);
    for (const name of ["line", "side", "k", "lead", "run"]) url.searchParams.delete(name);
    for (const [name, value] of new URLSearchParams(facts.warned)) url.searchParams.set(name, value);
    link.href = url;
  });

  const redraw = () => page() && ask({ anew: true });
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });
  let narrow = hindcast.narrow();
  window.addEventListener("resize", () => {
    if (hindcast.narrow() === narrow) return;
    narrow = hindcast.narrow();
    redraw();
  });

  window.dash_clientside.accuracy = {
    mount: (opened) => {
      facts = { ...opened };
      worst = MORE;
      held = {};
      drawn = {};
      ask({ anew: true });
      listen();
      return facts.handle;
    },
    answered: (answer) => {
      place(answer);
    },
    released,
  };
})();
