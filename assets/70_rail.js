/* How the whole file stands, in as many columns as the rail has pixels: asked for when a page opens, and while the file
   is being computed at most every two seconds. hindcast.rail.data is the last answer, or null.

   Positions count from the oldest point, 0 .. length - 1; indices as everywhere, 1 - length .. 0. */
(() => {
  const hindcast = window.hindcast;
  const EVERY_MS = 2000;
  const RESIZED_MS = 200;
  const EDGE = 8; /* px on either side of the track that belong to no point: half the slider's thumb */
  const [LEAST, MOST] = [16, 4096]; /* columns the server has */
  let facts = null;
  let asked = 0; /* when the last answer was asked for */
  let timer = 0;
  let flying = false;
  let due = false;
  const watchers = [];
  const openers = [];

  const track = () => document.getElementById("track");

  const rail = (hindcast.rail = {
    EDGE,
    data: null,

    /* Calls f whenever there is another answer, another width or another theme. */
    watch: (f) => watchers.push(f),

    /* Calls f with a page's facts when it opens. */
    opened: (f) => openers.push(f),

    /* Px of the track between its edges. */
    width: () => Math.max(1, (track()?.clientWidth || 0) - 2 * EDGE),

    /* Px from the track's left edge to the middle of the slider's thumb at an index. */
    x: (index) => {
      const last = facts.length - 1;
      return EDGE + (last ? (index + last) / last : 1) * rail.width();
    },

    /* The middle one of the points that share a pixel of the track; beyond its ends the first and the last one. */
    index: (x) => {
      const { length } = facts;
      const [pixel, across] = [Math.floor(x - EDGE), rail.width()];
      if (pixel < 0) return 1 - length;
      if (pixel >= across) return 0;
      return Math.floor(((pixel + 0.5) * length) / across) + 1 - length;
    },

    /* What the column of an index says; null while nothing is known. */
    column: (index) => {
      const { data } = rail;
      if (!data || index < data.first || index > data.last) return null;
      const k = Math.floor(((index - data.first) * data.miss.length) / (data.last - data.first + 1));
      const { unusable, done, failed, miss } = data;
      return { unusable: unusable[k], done: done[k], failed: failed[k], miss: miss[k] };
    },

    /* The rail of a stretch of the file; null where the server has none. */
    of: async (query) => (await ask(query)).found,
  });

  const ask = async (query) => {
    const answer = await fetch(hindcast.at(`/api/v1/datasets/${facts.handle}/rail?${hindcast.which(facts, query)}`)).catch(() => null);
    const found = answer?.ok ? await answer.json().catch(() => null) : null;
    return { found, isGone: answer?.status === 404 };
  };

  const tell = () => watchers.forEach((f) => f());

  /* Asks soon, not more often than every two seconds, and not while nobody looks. */
  const refresh = () => {
    due = true;
    if (timer || flying || document.hidden || !track()) return;
    timer = window.setTimeout(load, Math.max(0, asked + EVERY_MS - performance.now()));
  };

  const load = async () => {
    const mine = facts;
    timer = 0;
    due = false;
    if (!track()) return; /* the page has been left */
    asked = performance.now();
    flying = true;
    const { found, isGone } = await ask({ width: Math.min(Math.max(Math.round(rail.width()), LEAST), MOST) });
    flying = false;
    if (facts === mine && found) {
      rail.data = found;
      tell();
    }
    if (due || (!found && !isGone)) refresh(); /* a busy server is asked again */
  };

  let resized = 0;
  const sized = new ResizeObserver(() => {
    tell();
    window.clearTimeout(resized);
    resized = window.setTimeout(refresh, RESIZED_MS);
  });
  document.addEventListener("visibilitychange", () => due && refresh());
  new MutationObserver(tell).observe(document.documentElement, { attributeFilter: ["data-mantine-color-scheme"] });

  window.dash_clientside.rail = {
    mount: (opened) => {
      facts = opened;
      rail.data = null;
      asked = -EVERY_MS;
      sized.disconnect();
      if (track()) sized.observe(track());
      openers.forEach((f) => f(facts));
      tell();
      refresh();
      return facts.handle;
    },
    filled: (seen) => {
      if (seen && seen.done !== rail.data?.counts.done) refresh();
      return seen?.done ?? "";
    },
  };
})();
