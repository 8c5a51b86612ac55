/* Moments that nobody has computed yet: the newest one that the hand wants is asked for by itself, two at once at most.
   Their numbers only grow, so the server drops what is no longer wanted. */
(() => {
  const hindcast = window.hindcast;
  const { frames, series } = hindcast;
  const AT_ONCE = 2;
  const RETRY_MS = 1000;
  let target = null;
  let facts = null;
  let flying = new Set();
  let resting = 0;

  hindcast.rows = {
    /* The moment under the hand; null where nothing is missing. */
    want(wanted, index) {
      if (facts !== wanted) flying = new Set();
      [facts, target] = [wanted, index];
      pump();
    },
  };

  const pump = () => {
    if (target === null || flying.has(target) || flying.size >= AT_ONCE || performance.now() < resting) return;
    load(target);
  };

  const load = async (index) => {
    const life = flying;
    life.add(index);
    const { session, next } = hindcast.gate;
    const query = hindcast.which(facts, { session, seq: next() });
    let wait = 0;
    try {
      const headers = { Accept: "application/octet-stream" };
      const answer = await fetch(hindcast.at(`/api/v1/datasets/${facts.handle}/forecasts/${index}?${query}`), { headers });
      if (life !== flying) return;
      if (answer.status === 200) {
        frames.keep(index, hindcast.readBlock(await answer.arrayBuffer()).forecast(series.slot(index)));
      } else if (answer.status !== 204) {
        const { error } = await answer.json();
        if (error.code === "MODEL_FAILED") frames.fail(index);
        else wait = RETRY_MS;
      }
    } catch {
      wait = RETRY_MS; /* no connection */
    }
    if (life !== flying) return;
    life.delete(index);
    if (frames.state(index) === "done" && target === index) target = null;
    resting = performance.now() + wait;
    if (wait) window.setTimeout(pump, wait + 1);
    else pump();
  };
})();
