/* The gate between the hand and the server: at most one picture is on its way, and when it has been drawn the newest
   wish is asked for next. So a drag is never starved, and pictures never come out of order.

   gate.hand    the index under the slider, the keys, the buttons
   gate.drawn   the index of the picture that is on the screen
   A painter that has its own frames takes the place of `ask`; nothing else here knows how a picture is made. */
(() => {
  const hindcast = window.hindcast;
  const STILL_MS = 250;
  const LONG_MS = 3000;
  const RETRY_MS = 1000;
  const LOST_MS = 25000; /* longer than the server takes to say that it is late */
  const MOST_FAILURES = 3;
  const session = Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
  let seq = 0;
  let timers = [];
  let waiting = false;
  let stale = false; /* the picture on its way is already outdated */
  let failures = 0;

  const picture = () => document.getElementById("forecast");
  const canvas = () => document.querySelector("#forecast .js-plotly-plot");

  const gate = (hindcast.gate = {
    facts: null,
    hand: null,
    drawn: null,
    state: "pending",
    flying: null,
    anew: null /* the index whose forecast is to be computed anew */,
    settled: () => {} /* the picture is on the screen */,
    moved: () => {} /* the hand is somewhere else */,

    open(facts) {
      Object.assign(gate, { facts, hand: facts.index, drawn: null, state: "pending", flying: null, anew: null });
      ask();
    },

    close() {
      hush();
      Object.assign(gate, { facts: null, flying: null });
    },

    toward(index) {
      if (!gate.facts || !Number.isInteger(index)) return;
      const there = Math.min(0, Math.max(1 - gate.facts.length, index));
      if (there === gate.hand) return;
      gate.hand = there;
      gate.anew = null;
      gate.moved();
      mark();
      watch();
      ask();
    },

    /* Asks for the picture of this moment again: another theme, another width, or a second try; `anew` has its
       forecast computed again, too. */
    refresh({ anew } = {}) {
      if (!gate.facts || !picture()) return;
      if (anew) gate.anew = gate.hand;
      stale = Boolean(gate.flying);
      if (stale) return;
      gate.drawn = null;
      ask();
    },

    answered(answer) {
      const flying = gate.flying;
      if (!flying || answer.seq !== flying.seq) return;
      flying.answer = answer;
      if (answer.state === "busy") return later(RETRY_MS);
      if (answer.state === "superseded") return later(STILL_MS);
      if (flying.force) gate.anew = null;
      if (answer.state === "outside") return stop("failed");
      if (answer.state === "gone") return stop("failed");
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
        if (failures > MOST_FAILURES) return giveUp();
        later(RETRY_MS);
      }, STILL_MS);
    },
  });

  const ask = () => {
    if (!gate.facts || gate.flying || gate.drawn === gate.hand) return;
    seq += 1;
    const force = gate.anew === gate.hand;
    gate.flying = { seq, index: gate.hand, force, answer: null, since: performance.now() };
    mark();
    watch();
    const { handle, model, h } = gate.facts;
    const upload = hindcast.memory.get(handle)?.upload || null;
    const look = { dark: hindcast.dark(), narrow: hindcast.narrow() };
    hindcast.set("wanted", { data: { handle, model, h, index: gate.hand, seq, session, upload, force, ...look } }, "forecast");
  };

  const later = (wait) => {
    const facts = gate.facts;
    window.setTimeout(() => {
      if (gate.facts !== facts) return;
      gate.flying = null;
      ask();
    }, wait);
  };

  const stop = (state) => {
    gate.state = state;
    gate.drawn = gate.hand;
    gate.flying = null;
    hush();
    mark();
  };

  /* The server fails again and again: that is said, and another try is the viewer's. */
  const giveUp = () => {
    stop("failed");
    const again = hindcast.element("button", "link", "Try again");
    again.dataset.go = "again";
    hindcast.write("pending-note", "The server could not draw this moment. ")?.append(again);
    hindcast.show("pending-note", true);
    waiting = true;
  };

  /* The picture is on the screen once plotly has drawn the figure that carries the request's number. */
  const drawnYet = () => {
    const flying = gate.flying;
    const meta = canvas()?.layout?.meta;
    if (!flying?.answer || !meta || meta.seq !== flying.seq) return;
    failures = 0;
    gate.flying = null;
    gate.drawn = meta.index;
    gate.state = meta.state;
    hush();
    mark();
    gate.settled(flying.answer);
    if (stale) gate.refresh();
    ask();
  };

  const mark = () => {
    const node = picture();
    if (!node) return;
    const resting = gate.drawn === gate.hand && !gate.flying;
    node.dataset.hand = String(gate.hand);
    node.dataset.state = resting ? gate.state : "pending";
    if (gate.drawn !== null) node.dataset.index = String(gate.drawn);
  };

  /* The words about waiting appear when the hand rests and the picture is late. */
  const watch = () => {
    timers.forEach(window.clearTimeout);
    const say = (words) => () => {
      if (!gate.flying || document.documentElement.classList.contains("offline")) return;
      waiting = true;
      picture()?.parentElement.classList.add("waiting");
      hindcast.write("pending-note", words);
      hindcast.show("pending-note", true);
    };
    timers = [window.setTimeout(say("Computing this moment"), STILL_MS), window.setTimeout(say("Busy; still in line"), LONG_MS)];
    timers.push(window.setTimeout(listenFor, LONG_MS, gate.flying));
  };

  /* A late answer may never come: ask whether anybody is there, and start anew once somebody is again. */
  const listenFor = async (flying) => {
    if (!flying || gate.flying !== flying) return;
    const root = document.documentElement.classList;
    try {
      await fetch("/healthz", { cache: "no-store" });
      if (root.contains("offline")) {
        root.remove("offline");
        later(0);
        return;
      }
      if (performance.now() - flying.since > LOST_MS) return later(0); /* the connection broke, and nobody said so */
    } catch {
      root.add("offline");
      hindcast.show("pending-note", false);
    }
    window.setTimeout(listenFor, root.contains("offline") ? RETRY_MS : LONG_MS, flying);
  };

  const hush = () => {
    timers.forEach(window.clearTimeout);
    timers = [];
    if (!waiting) return;
    waiting = false;
    picture()?.parentElement.classList.remove("waiting");
    hindcast.show("pending-note", false);
  };

  /* Listens to the drawing itself; plotly arrives late and may be replaced with its page. */
  const listen = (facts = gate.facts) => {
    if (!facts || gate.facts !== facts) return;
    const node = canvas();
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
