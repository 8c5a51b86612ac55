/* The read strip: the kept upload is read in another way, at the same moment in time; other columns and series are
   found and looked at before one is chosen. */
(() => {
  const hindcast = window.hindcast;
  const CORRECTIONS = ["dayfirst", "decimal"]; /* the reading before was wrong, not another view of the file */
  let reading = false;
  let browsing = null; /* the panel that somebody chooses from, one name after the other */

  const mine = () => hindcast.memory.get(hindcast.gate.facts?.handle);

  const say = (...words) => document.getElementById("reread-note")?.replaceChildren(...words);

  const moment = () => {
    const { drawn, time, hand } = hindcast.gate;
    return drawn !== null && time ? `t=${encodeURIComponent(time)}` : `i=${hand}`;
  };

  /* The kept bytes are gone: the file is asked for again, and read as it was wished. */
  const askForFile = (said, options) => {
    const choose = hindcast.element("button", "link", "Choose the file");
    const where = moment();
    choose.addEventListener("click", () => hindcast.choose({ options, where }));
    say(`${said.error.message} `, choose);
  };

  const reread = async (button) => {
    const { facts } = hindcast.gate;
    const upload = mine()?.upload;
    if (!upload || reading) return;
    const options = Object.fromEntries(new URLSearchParams(button.dataset.reread));
    const asked = new URLSearchParams({ ...options, upload });
    if (facts.model) asked.set("model", facts.model);
    if (facts.h) asked.set("horizon", facts.h);
    reading = true;
    browsing = button.closest("#picker")?.dataset.option ?? null;
    say("Reading");
    try {
      const answer = await fetch(hindcast.at(`/api/v1/datasets?${asked}`), { method: "POST" });
      const said = await answer.json();
      if (answer.status === 404) return askForFile(said, options);
      if (!answer.ok) return say(said.error.message);
      if (hindcast.gate.facts !== facts) return; /* somebody has gone elsewhere meanwhile */
      const where = moment();
      hindcast.leave();
      if (CORRECTIONS.includes(button.dataset.changes)) hindcast.memory.remember(facts.handle, { misread: true });
      const { model, h } = facts;
      hindcast.memory.uploaded(said, { model, h, strip: document.querySelector("#read-strip details")?.open });
      hindcast.keepInSight();
      hindcast.go(hindcast.address(said.handle, where, { model, h }), { stay: true });
    } catch {
      say("No connection to the server. Try again.");
    } finally {
      reading = false;
    }
  };

  /* Forecasts of another length: the file stays as it was read, and so does the moment. */
  const lengthen = (steps) => {
    const { facts, hand } = hindcast.gate;
    if (!facts) return;
    hindcast.leave();
    const { handle, model, sel, look } = facts;
    const h = Number(steps) || null;
    const strip = document.querySelector("#read-strip details")?.open;
    hindcast.memory.remember(handle, { h, strip, reused: null }); /* what was reused was of the length before */
    hindcast.keepInSight();
    hindcast.go(hindcast.address(handle, `i=${hand}`, { model, h, sel, look }), { stay: true });
  };

  /* Asks for what is offered, with a sketch of each: the columns or the series, those that are named like `find`. */
  const look = ({ option, find, shown }) => {
    const panel = document.getElementById("picker");
    const { facts } = hindcast.gate;
    const upload = mine()?.upload;
    if (!panel || !facts || !upload) return;
    Object.assign(panel.dataset, { option, find: find || "", shown: shown || 12 });
    const value = { handle: facts.handle, upload, option, find: find || "", shown: shown || 12 };
    hindcast.set("picker-asked", { data: value }, "picker");
  };

  /* Opens the panel for the columns or the series, and closes it again. */
  const pick = (option) => {
    const panel = document.getElementById("picker");
    if (!panel) return;
    const close = !panel.hidden && panel.dataset.option === option;
    hindcast.show("picker", !close);
    const field = document.getElementById("picker-find");
    if (field) field.value = "";
    if (!close) look({ option });
  };

  /* A strip that opens with something to choose shows at once what there is, and where somebody is choosing it stays. */
  document.addEventListener(
    "toggle",
    (event) => {
      const panel = document.getElementById("picker");
      if (!event.target.matches?.("#read-strip details") || !event.target.open || !panel) return;
      if (browsing) hindcast.show("picker", true);
      if (!panel.hidden && !panel.dataset.shown) look({ option: browsing ?? panel.dataset.option });
      browsing = null;
    },
    { capture: true },
  );

  let typing = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id !== "picker-find") return;
    window.clearTimeout(typing);
    const find = event.target.value;
    typing = window.setTimeout(() => look({ option: document.getElementById("picker")?.dataset.option, find }), 150);
  });

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest?.(selector);
    const panel = document.getElementById("picker");
    if (hit("[data-reread]")) reread(hit("[data-reread]"));
    else if (hit("[data-length]")) lengthen(hit("[data-length]").dataset.length);
    else if (hit("[data-pick]")) pick(hit("[data-pick]").dataset.pick);
    else if (hit("#picker-more")) look({ ...panel.dataset, shown: Number(panel.dataset.shown) + 12 });
    else if (hit("[data-readback]") && mine()?.upload) {
      /* The words about the reading did not come: the same question, asked again. */
      const { upload, reused, strip } = mine();
      hindcast.set("mine", { data: { upload, reused, strip, at: Date.now() } }, "read-strip");
    } else if (hit("#read-strip summary") && hindcast.gate.facts) {
      const open = hit("details").open; /* as it is before this click */
      hindcast.memory.remember(hindcast.gate.facts.handle, { strip: !open });
    }
  });
})();
