/* Explore: what follows a picture (words, address, memory) and the page's buttons. */
(() => {
  const hindcast = window.hindcast;
  const gate = hindcast.gate;
  const REST_MS = 400;
  const RESIZED_MS = 150;
  let last = null;
  let timer = 0;

  const thumb = () => document.querySelector("#scrub [role=slider]");

  hindcast.move = gate.toward;

  /* The slider follows the hand once per frame. It shows the moment and says it to screen readers, nothing more: pointers
     and keys are caught for all of the rail, or of the page. */
  const slide = () => {
    const node = thumb();
    if (!node) return;
    const last = gate.facts.length - 1;
    node.style.setProperty("--share", last ? 1 + gate.hand / last : 1);
    node.setAttribute("aria-valuenow", gate.hand);
  };

  gate.onmove(() => {
    slide();
    title();
  });

  /* Clock and heading follow the hand at once; sentences follow the picture. */
  gate.moved = () => {
    const words = hindcast.clock(gate.facts.clock, gate.hand);
    if (words) hindcast.write("clock", words);
  };

  const title = () => {
    const node = document.querySelector("#heading time");
    const words = gate.facts && hindcast.clock(gate.facts.clock, gate.hand, true);
    if (node && words && node.textContent !== words) node.textContent = words;
  };

  gate.settled = (answer) => {
    last = answer;
    gate.time = answer.time;
    document.title = answer.title;
    slide();
    thumb()?.setAttribute("aria-valuetext", answer.spoken);
    if (gate.hand === answer.index) hindcast.write("clock", answer.clock);
    if (answer.baseline !== undefined) {
      hindcast.show("key-baseline", Boolean(answer.baseline));
      hindcast.write("key-baseline-name", answer.baseline);
    }
    look(answer);
    renew();
    follow(answer.time);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => rest(answer), REST_MS);
  };

  /* What lies over the picture, and what the step card reads: a forecast that no block has yet is fetched by itself. */
  const look = ({ index, state, unit }) => {
    if (hindcast.unit !== unit) {
      hindcast.unit = unit;
      hindcast.selection.show(); /* its sentence has the unit, too */
    }
    hindcast.thresholds.named(unit);
    hindcast.thresholds.show();
    hindcast.stepCard.show();
    if (state === "ready" && hindcast.frames.state(index) === "missing") hindcast.rows.want(gate.facts, index);
  };

  /* The link to a newer version of the series leads to the same moment there. */
  const follow = (time) => {
    const { newer, model, h } = gate.facts;
    if (newer) hindcast.set("newer-link", { href: hindcast.address(newer, `t=${encodeURIComponent(time)}`, { model, h }) });
  };

  /* Before the app's own links take over: what comes back to this page comes back to its moment. */
  const leaving = (event) => event.target.closest?.("#newer-link") && hindcast.leave();
  document.addEventListener("click", leaving, { capture: true });

  /* The hand rests: the address, this browser's memory, and what is read aloud. */
  const rest = (answer) => {
    remember(answer);
    const words = ["heading", "missed", "standing", "inside", "state-note"].map((id) => document.getElementById(id)?.innerText);
    hindcast.write("spoken", words.filter(Boolean).map((part) => part.replace(/[.\s]*$/, ".")).join(" "));
  };

  const remember = (answer) => {
    if (!gate.facts || gate.hand !== answer.index) return;
    const { handle, model, h, sel, slice, look: shown, every, period, spark } = gate.facts;
    const address = hindcast.address(handle, `i=${answer.index}`, gate.facts);
    const here = window.location.pathname;
    const isLeft = !here.startsWith(hindcast.at(`/explore/${handle}`)); /* the next page's address stands there already */
    if (!isLeft && here + window.location.search !== address) {
      window.history.replaceState(window.history.state, "", address);
    }
    const seen = { index: answer.index, clock: answer.clock, model, h, sel, slice, look: shown };
    hindcast.memory.remember(handle, { ...seen, every, period, spark });
  };

  /* Before the page is left: its address names the moment it is left at. */
  hindcast.leave = () => {
    window.clearTimeout(timer);
    if (last) remember(last);
  };

  /* Words that were said while the file was being computed are said again once it is complete. */
  const renew = () => {
    if (gate.facts.complete && last?.filling && gate.rested === gate.hand) gate.refresh();
  };

  window.dash_clientside.explore = {
    mount: (facts) => {
      last = null;
      hindcast.unit = "";
      hindcast.look.read(facts);
      gate.open(facts);
      hindcast.thresholds.open();
      hindcast.stepCard.open();
      gate.listen();
      const { upload, reused, strip } = hindcast.memory.get(facts.handle) || {};
      if (!upload) return window.dash_clientside.no_update;
      hindcast.memory.remember(facts.handle, { strip: strip ?? false }); /* open at first sight only, unless it was left open */
      return { upload, reused, strip };
    },
    answered: (answer) => {
      if (answer) gate.answered(answer);
    },
    released: (busy) => {
      if (!busy) gate.released();
    },
    filled: (fill) => {
      if (!fill || !gate.facts) return;
      hindcast.memory.remember(gate.facts.handle, { done: fill.done, total: fill.total });
      gate.facts.complete = fill.state === "done";
      gate.facts.paused = fill.state === "paused";
      hindcast.frames.progressed(fill.done);
      renew();
    },
  };

  const forget = async () => {
    const { facts, hand } = gate;
    if (!facts) return;
    gate.close();
    hindcast.write("recalculate-said", "");
    const answer = await fetch(hindcast.at(`/api/v1/datasets/${facts.handle}`), { method: "DELETE" }).catch(() => null);
    if (answer?.ok || answer?.status === 404) {
      hindcast.memory.forget(facts.handle);
      hindcast.go(hindcast.at("/"));
    } else if (document.getElementById("forecast") && !gate.facts) {
      gate.open({ ...facts, index: hand });
      gate.listen();
      hindcast.write("recalculate-said", "This file could not be forgotten right now.");
    }
  };

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest?.(selector);
    const go = hit("[data-go]");
    if (go?.dataset.go === "again") gate.refresh();
    else if (go) hindcast.move(Number(go.dataset.go));
    else if (hit("#forget")) hindcast.show("forget-ask", true);
    else if (hit("#forget-no")) hindcast.show("forget-ask", false);
    else if (hit("#forget-yes")) forget();
  });

  /* Another width has room for more or fewer names of days. */
  let width = window.innerWidth;
  let resized = 0;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    window.clearTimeout(resized);
    resized = window.setTimeout(() => gate.refresh(), RESIZED_MS);
  });
})();
