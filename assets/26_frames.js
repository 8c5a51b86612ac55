/* Frames: the forecasts of the file on the page that are here already, in blocks of 256. What lies about the hand is
   fetched before it is needed, first where the hand is going; what lies far away is dropped first. A hand that flies over
   a file which is too long to be held is in another block with each move: there moments come by themselves (27_rows.js),
   and blocks when it has slowed down. */
(() => {
  const hindcast = window.hindcast;
  const { series } = hindcast;
  const SLOTS = 256;
  const MOST_BYTES = 48e6;
  const USUAL_BYTES = 620e3; /* of a block, as long as none is here */
  const AT_ONCE = 4;
  const AHEAD_OF_NEED = 2; /* of these four: the others are kept free for the hand */
  const AGAIN_MS = 1000;
  const HASTE = SLOTS / 4; /* slots of a move */
  const HASTE_MS = 100; /* for so long after it */
  const MOST_ALONE = 2000;
  const NEAR = 12; /* blocks about the hand, in a file that is too long to be held */
  let facts = null; /* also what tells one visit from the next */
  let blocks = new Map(); /* number -> { block, since, done } */
  let alone = new Map(); /* index -> a forecast that came by itself, or "failed" */
  let flying = new Set();
  let focus = 0;
  let heading = -1;
  let moved = { far: 0, at: 0 }; /* the last move: slots, and when */
  let done = 0; /* moments computed, as far as the page knows */
  let resting = 0; /* until when nothing is asked, after a refusal */
  let slowing = 0; /* looks again when the hand has slowed down: nobody else may */
  const listeners = [];

  const numberOf = (index) => Math.floor(series.slot(index) / SLOTS);
  const inFile = (index) => facts && series.ready && index <= 0 && index > -facts.length;

  const frames = (hindcast.frames = {
    open(wanted) {
      facts = wanted;
      frames.clear();
    },

    close() {
      facts = null;
      frames.clear();
    },

    /* Forgets everything: forecasts are computed anew. */
    clear() {
      [blocks, alone, flying, done] = [new Map(), new Map(), new Set(), 0];
    },

    /* "missing", "done", "unusable", "failed", or "unknown" as long as nobody has said. */
    state(index) {
      if (!inFile(index)) return "unknown";
      if (!series.usable(index)) return "unusable";
      if (alone.has(index)) return alone.get(index) === "failed" ? "failed" : "done";
      return blocks.get(numberOf(index))?.block.stateOf(series.slot(index)) ?? "unknown";
    },

    /* The forecast from an index, or null. */
    at(index) {
      if (!inFile(index)) return null;
      const found = blocks.get(numberOf(index))?.block.forecast(series.slot(index));
      return found ?? (alone.get(index) instanceof Object ? alone.get(index) : null);
    },

    /* By how much it missed; NaN where that is not known. */
    crps: (index) => (inFile(index) ? blocks.get(numberOf(index))?.block.crpsOf(series.slot(index)) ?? NaN : NaN),

    /* The hand is there: whatever it may need next is fetched. */
    look(index) {
      if (index !== focus) {
        heading = Math.sign(index - focus);
        moved = { far: Math.abs(index - focus), at: performance.now() };
      }
      focus = index;
      pump();
    },

    /* Whether blocks are of no use to the hand where it is going. */
    get hasty() {
      return moved.far > HASTE && performance.now() - moved.at < HASTE_MS && facts !== null && !fits();
    },

    /* How many moments are computed by now: blocks with holes may be worth another look. */
    progressed(count) {
      done = count;
      pump();
    },

    /* A forecast that came by itself, and one that could not be had. */
    keep(index, forecast) {
      if (alone.size >= MOST_ALONE) alone.delete(alone.keys().next().value); /* the oldest */
      alone.set(index, forecast);
      tell();
    },
    fail: (index) => frames.keep(index, "failed"),

    onload: (f) => listeners.push(f),
  });

  const tell = () => listeners.forEach((f) => f());

  /* A block with holes is looked at again when more has been computed, once a second at most. */
  const isDue = (number) => {
    const held = blocks.get(number);
    if (!held) return true;
    return !held.block.complete && held.done < done && performance.now() - held.since > AGAIN_MS;
  };

  /* How many blocks are held at most. */
  const most = () => Math.floor(MOST_BYTES / (blocks.values().next().value?.block.bytes || USUAL_BYTES));

  const fits = () => facts.length <= most() * SLOTS;

  /* Blocks worth having, the most urgent first. While the file is being computed only the nearest: others have holes. */
  const wanted = () => {
    const here = numberOf(focus);
    const [first, last] = [numberOf(1 - facts.length), numberOf(0)];
    const others = facts.complete ? (fits() ? most() - 1 : NEAR) : 2;
    const ahead = Math.ceil((others * 2) / 3);
    const list = [here];
    for (let k = 1; k <= ahead; k += 1) list.push(here + heading * k);
    for (let k = 1; k <= others - ahead; k += 1) list.push(here - heading * k);
    return list.filter((number) => number >= first && number <= last);
  };

  const pump = () => {
    if (!facts || !hindcast.painter.ready() || performance.now() < resting) return; /* the first picture goes first */
    if (frames.hasty) {
      window.clearTimeout(slowing);
      slowing = window.setTimeout(pump, HASTE_MS);
      return;
    }
    const here = numberOf(focus);
    for (const number of wanted()) {
      if (flying.size >= (number === here ? AT_ONCE : AHEAD_OF_NEED)) return;
      if (!flying.has(number) && isDue(number)) load(number, number === here);
    }
  };

  const load = async (number, urgent) => {
    const life = flying;
    const since = performance.now();
    const known = done;
    life.add(number);
    const address = hindcast.at(`/api/v1/datasets/${facts.handle}/blocks/${number}?${hindcast.which(facts)}`);
    let block = null;
    try {
      const answer = await fetch(address, { priority: urgent ? "high" : "low" });
      if (answer.ok) block = hindcast.readBlock(await answer.arrayBuffer());
    } catch {
      /* no connection: once more, later */
    }
    if (life !== flying) return; /* another file, or all was forgotten */
    life.delete(number);
    if (!block) {
      resting = performance.now() + AGAIN_MS;
      return window.setTimeout(pump, AGAIN_MS + 1);
    }
    blocks.set(number, { block, since, done: known });
    drop();
    tell();
    pump();
  };

  /* Beyond the budget the blocks farthest from the hand go, and so do lone forecasts that a block has by now. */
  const drop = () => {
    const here = numberOf(focus);
    let bytes = 0;
    for (const { block } of blocks.values()) bytes += block.bytes;
    const far = [...blocks.keys()].sort((a, b) => Math.abs(b - here) - Math.abs(a - here));
    for (const number of far.slice(0, -1)) {
      if (bytes <= MOST_BYTES) break;
      bytes -= blocks.get(number).block.bytes;
      blocks.delete(number);
    }
    for (const index of alone.keys()) if (blocks.get(numberOf(index))?.block.forecast(series.slot(index))) alone.delete(index);
  };
})();
