/* The gate between the hand, the painter and the server. While the hand moves the painter paints, once per frame of the
   screen, what is here; when it rests the server is asked once for the settled picture and its words, and when plotly has
   drawn that, the canvas goes. At most one picture is on its way, and pictures never come out of order.

   gate.hand    the index under the slider, the keys, the buttons
   gate.drawn   the index of the forecast that is on the screen, painted or drawn
   gate.rested  the index of the picture that plotly has drawn, while it is the one on the screen
   What is said about lateness and failures: 32_lateness.js. */
(() => {
  const hindcast = window.hindcast;
  const { series, frames, rows, places, painter } = hindcast;
  const REST_MS = 120;
  const HELD_MS = 400; /* a button that is still down goes on: plotly's drawing would be in the hand's way */
  const SOON_MS = 250;
  const RETRY_MS = 1000;
  const MOST_FAILURES = 3;
  const session = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  let seq = 0;
  let timer = 0; /* runs while the hand moves */
  let held = false;
  let frame = 0;
  let stale = false; /* the picture on its way is already outdated */
  let failures = 0;
  const followers = [];

  const picture = () => document.getElementById("forecast");
  const graph = () => document.querySelector("#forecast .js-plotly-plot");

  const gate = (hindcast.gate = {
    session,
    facts: null,
    hand: null,
    drawn: null,
    rested: null,
    state: "pending",
    flying: null,
    anew: null /* the index whose forecast is to be computed anew */,
    settled: () => {} /* the picture and its words are on the screen */,
    moved: () => {} /* the hand is somewhere else */,

    next: () => (seq += 1),

    /* Called at most once per frame of the screen, when hand or forecast have changed. */
    onmove: (f) => followers.push(f),

    open(facts) {
      const start = { hand: facts.index, drawn: null, rested: null, state: "pending", flying: null, anew: null };
      Object.assign(gate, { facts, ...start });
      rest();
      painter.hide();
      series.open(facts.handle);
      frames.open(facts);
      ask();
    },

    close() {
      hindcast.lateness.over();
      rest();
      frames.close();
      Object.assign(gate, { facts: null, flying: null });
    },

    toward(index) {
      if (!gate.facts || !Number.isInteger(index)) return;
      const there = Math.min(0, Math.max(1 - gate.facts.length, index));
      if (there === gate.hand) return;
      gate.hand = there;
      gate.rested = gate.anew = null;
      places.went(there);
      gate.moved();
      settleSoon();
      hindcast.lateness.watch();
      if (!painter.ready()) ask();
      soon();
    },

    /* Asks for the picture of this moment again: another theme, another width, or a second try; `anew` has its
       forecast computed again, too. */
    refresh({ anew } = {}) {
      if (!gate.facts || !picture()) return;
      if (anew) {
        gate.anew = gate.hand;
        frames.clear();
      }
      stale = Boolean(gate.flying);
      gate.rested = null;
      if (!stale && !timer) ask();
    },

    answered(answer) {
      const flying = gate.flying;
      if (!flying || answer.seq !== flying.seq) return;
      flying.answer = answer;
      if (answer.state === "busy") return later(RETRY_MS);
      if (answer.state === "superseded") return later(SOON_MS);
      if (flying.force) gate.anew = null;
      if (answer.state === "outside" || answer.state === "gone") return stop("failed");
      drawnYet();
      window.setTimeout(drawnYet, RETRY_MS); /* should plotly have drawn without saying so */
    },

    /* The request has ended. Without an answer the server failed: try again, but not for ever. */
    released() {
      const flying = gate.flying;
      if (!flying) return;
      window.setTimeout(() => {
        if (gate.flying !== flying || flying.answer) return;
        failures += 1;
        if (failures <= MOST_FAILURES) return later(RETRY_MS);
        stop("failed");
        hindcast.lateness.gaveUp();
      }, SOON_MS);
    },

    /* Asks once more, after a while; what was on its way is given up. */
    again: (wait) => later(wait),
  });

  const rest = () => {
    window.clearTimeout(timer);
    timer = 0;
    places.rested();
  };

  const settleSoon = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(settle, held ? HELD_MS : REST_MS);
  };

  const holds = (down) => () => {
    held = down;
    if (!down && timer) settleSoon();
  };
  window.addEventListener("pointerdown", holds(true), { capture: true });
  for (const end of ["pointerup", "pointercancel", "blur"]) window.addEventListener(end, holds(false), { capture: true });

  /* The hand rests. */
  const settle = () => {
    rest();
    soon();
    ask();
  };

  /* Asks for the settled picture. */
  const ask = () => {
    if (!gate.facts || gate.flying || gate.rested === gate.hand) return;
    const force = gate.anew === gate.hand;
    gate.flying = { seq: gate.next(), index: gate.hand, force, answer: null, since: performance.now() };
    mark();
    hindcast.lateness.watch();
    const { handle, model, h } = gate.facts;
    const upload = hindcast.memory.get(handle)?.upload || null;
    const look = { dark: hindcast.dark(), narrow: hindcast.narrow(), look: hindcast.look.asked(gate.hand) };
    const width = picture()?.clientWidth || null;
    const wanted = { handle, model, h, index: gate.hand, seq: gate.flying.seq, session, upload, force, width, ...look };
    hindcast.set("wanted", { data: wanted }, "forecast");
  };

  const later = (wait) => {
    const facts = gate.facts;
    window.setTimeout(() => {
      if (gate.facts !== facts) return;
      gate.flying = null;
      if (!timer) ask();
    }, wait);
  };

  const stop = (state) => {
    Object.assign(gate, { state, drawn: gate.hand, rested: gate.hand, flying: null });
    hindcast.lateness.over();
    painter.hide();
    mark();
  };

  /* The picture is there once plotly has drawn the figure that carries the request's number. */
  const drawnYet = () => {
    const flying = gate.flying;
    const meta = graph()?.layout?.meta;
    if (!flying?.answer || !meta || meta.seq !== flying.seq) return;
    failures = 0;
    gate.flying = null;
    const outdated = meta.index !== gate.hand;
    if (!painter.visible || !outdated) Object.assign(gate, { drawn: meta.index, state: meta.state });
    if (!outdated && !stale) {
      rest();
      gate.rested = gate.hand;
      painter.hide();
      hindcast.lateness.over();
      gate.settled(flying.answer);
      frames.look(gate.hand);
    } else if (outdated) {
      soon(); /* its heading is not the hand's */
    }
    stale = false;
    mark();
    if (!timer || !painter.ready()) ask();
  };

  const mark = () => {
    const node = picture();
    if (!node) return;
    node.dataset.hand = String(gate.hand);
    node.dataset.state = gate.drawn === gate.hand ? gate.state : "pending";
    node.dataset.settled = String(gate.rested === gate.hand && !gate.flying);
    node.closest(".explore")?.classList.toggle("elsewhere", gate.rested !== gate.hand);
    if (gate.drawn !== null) node.dataset.index = String(gate.drawn);
  };

  const soon = () => {
    if (!frame) frame = window.requestAnimationFrame(paint);
  };

  /* One frame of the screen: the tape at the hand, and the newest forecast that is here. */
  const paint = () => {
    frame = 0;
    const { hand, facts } = gate;
    if (!facts || !picture()) return;
    if (gate.rested !== hand && (timer || painter.visible)) {
      frames.look(hand);
      const known = frames.state(hand);
      const lacks = known === "missing" || (known === "unknown" && (!facts.complete || frames.hasty));
      rows.want(facts, lacks && timer ? hand : null);
      const barren = known === "unusable" || known === "failed";
      const index = barren ? null : places.newest(hand) ?? (timer && frames.at(gate.drawn) ? gate.drawn : null);
      const forecast = index === null ? null : frames.at(index);
      if (painter.paint({ hand, index, forecast, dashed: known === "unusable" })) {
        if (barren) Object.assign(gate, { drawn: hand, state: known });
        else if (forecast) Object.assign(gate, { drawn: index, state: "ready" });
      }
    }
    mark();
    tell();
  };

  let told = "";
  const tell = () => {
    const now = `${gate.hand} ${gate.drawn}`;
    if (now === told) return;
    told = now;
    followers.forEach((f) => f());
  };

  frames.onload(soon);
  series.onload(() => (frames.look(gate.hand), soon()));
  window.addEventListener("resize", soon);

  /* Listens to the drawing itself; plotly arrives late and may be replaced with its page. */
  const listen = (facts = gate.facts) => {
    if (!facts || gate.facts !== facts) return;
    const node = graph();
    if (node?.on && !node.hindcastListens) {
      node.hindcastListens = true;
      node.on("plotly_afterplot", drawnYet);
      node.on("plotly_react", drawnYet);
      drawnYet();
    }
    window.setTimeout(listen, node?.on ? RETRY_MS : 30, facts);
  };
  gate.listen = listen;
})();
