/* A file, from the hand to the server: dropped anywhere, chosen, or pasted. It is sent as it is, as the request's body,
   so that neither side holds a second copy; its name stays in this browser. */
(() => {
  const hindcast = window.hindcast;
  const QUIET_MS = 300; /* a quick upload shows no progress at all */
  const MEGA = 1e6;
  let sending = null;
  let waiting = 0; /* for a server that is busy */

  const limit = () => Number(document.getElementById("page")?.dataset.maxUpload) || Infinity;
  const horizon = () => Number(document.getElementById("page")?.dataset.horizon) || 12;
  const { say, stage } = hindcast.upload;
  const isExport = (body) => /\.parquet$/i.test(body.name || ""); /* what this app itself saved: it is loaded, not read */
  const quickOnly = () => Boolean(document.querySelector("#quick-only input:checked"));

  const megabytes = (bytes) => (bytes < 10 * MEGA ? (bytes / MEGA).toFixed(1) : Math.round(bytes / MEGA).toString());

  /* The API's refusal; null where something else answered. */
  const errorOf = (request) => {
    try {
      return JSON.parse(request.responseText).error || null;
    } catch {
      return null;
    }
  };

  const refusalOf = (request) => {
    const message = errorOf(request)?.message;
    if (typeof message === "string" && message) return message;
    if (request.status === 413) return `This file is larger than this server reads (${megabytes(limit())} MB).`;
    return "The server could not read this file. Try again in a moment.";
  };

  /* What made room for a file is no longer there to be opened. */
  const tellRemoved = (removed) => {
    const names = removed.map((handle) => hindcast.memory.get(handle)?.name).filter(Boolean);
    removed.forEach(hindcast.memory.forget);
    const what = removed.length === 1 ? "the file that was used least lately was" : `the ${removed.length} files that were used least lately were`;
    if (removed.length) say(`To make room for this file, ${what} deleted${names.length ? `: ${names.join("; ")}` : ""}.`, { stays: true });
  };

  const opened = (answer, where) => {
    const h = answer.horizon === horizon() ? null : answer.horizon;
    if (answer.upload_id) hindcast.memory.uploaded(answer, { h });
    say("");
    tellRemoved(answer.removed || []);
    if (hindcast.taken?.(answer)) return;
    if (where) {
      hindcast.leave();
      return hindcast.go(hindcast.address(answer.handle, where, { h }));
    }
    const page = hindcast.at(`/explore/${answer.handle}`);
    if (window.location.pathname === page) return window.location.reload(); /* the link's own moment, now that it is here */
    const index = Math.min(0, Math.max(-answer.horizon, answer.first_index));
    hindcast.go(hindcast.address(answer.handle, `i=${index}`, { model: answer.upload_id ? null : answer.model, h }));
  };

  /* Where dates tell nothing the file waits here, unsent, for the answer. */
  const asked = (request, body, how) => {
    const place = stage();
    const error = errorOf(request);
    if (!place || error?.code !== "DATE_ORDER_AMBIGUOUS" || !Array.isArray(error.detail?.ways)) return false;
    say("");
    const answer = (dayfirst) => send(body, { ...how, options: { ...how.options, dayfirst } });
    hindcast.askOrder(place, error.detail.ways, answer, () => say(""));
    return true;
  };

  /* What the API refuses is said; a table that lies on its side may be sent again, to be turned. */
  const refused = (request, body, how) => {
    const turn = () => send(body, { ...how, options: { ...how.options, turned: true } });
    const offer = errorOf(request)?.detail?.turn === true ? { words: "Turn the table", act: turn } : null;
    const words = refusalOf(request);
    say(offer ? words.replace(/ Turn the table[^.]*\.$/, "") : words, { refusal: true, offer });
  };

  /* note: words beside the progress. options: how the file is to be read. where: the moment at which it opens. */
  const send = (body, how = {}) => {
    const { note = "", options = {}, where = null } = how;
    window.clearTimeout(waiting);
    if (sending) sending.abort();
    const size = body.size;
    if (size > limit()) {
      say(
        `${megabytes(size)} MB; this server reads up to ${megabytes(limit())} MB. Cut the period, or ask for a higher limit.`,
        { refusal: true },
      );
      return;
    }
    const load = isExport(body);
    const quick = !load && quickOnly();
    const request = new XMLHttpRequest();
    sending = request;
    const offer = { words: "Cancel", act: () => request.abort() };
    let loud = false;
    let words = () => `Sending 0 of ${megabytes(size)} MB`;
    let share = 0;
    const show = () => loud && sending === request && say(words() + note, { share, offer });
    const patience = window.setTimeout(() => {
      loud = true;
      show();
    }, note ? 0 : QUIET_MS);
    request.upload.addEventListener("progress", (event) => {
      share = event.loaded / Math.max(1, event.total);
      words = () => `Sending ${megabytes(event.loaded)} of ${megabytes(event.total)} MB`;
      show();
    });
    request.upload.addEventListener("load", () => {
      share = 1;
      words = () => "Reading";
      show();
    });
    request.addEventListener("loadend", () => {
      window.clearTimeout(patience);
      if (sending === request) sending = null;
    });
    request.addEventListener("abort", () => say(""));
    request.addEventListener("error", () => say("No connection to the server. Try again.", { refusal: true }));
    request.addEventListener("load", () => {
      const isBusy = request.status === 503 || request.status === 429;
      if (isBusy && errorOf(request)?.code !== "NO_ROOM") return again(request, () => send(body, how));
      if (asked(request, body, how)) return;
      if (request.status >= 400) return refused(request, body, how);
      const answer = JSON.parse(request.responseText);
      if (!quick) return opened(answer, where);
      say("");
      hindcast.set("quick-plot", { data: answer }, "quick");
      hindcast.show("quick", true);
      document.getElementById("quick")?.scrollIntoView({ block: "nearest" });
    });
    const length = document.getElementById("forecast") && hindcast.gate.facts?.h; /* as long as those that are looked at */
    const query = new URLSearchParams({ ask: 1, ...(quick ? { index: 0 } : {}), ...(length ? { horizon: length } : {}), ...options });
    const path = load ? "cache/load" : `${quick ? "quickdraw" : "datasets"}?${query}`;
    request.open("POST", hindcast.at(`/api/v1/${path}`));
    request.setRequestHeader("Content-Type", load ? "application/vnd.apache.parquet" : "text/csv");
    request.send(body);
    say("");
  };

  const again = (request, retry) => {
    let seconds = Math.min(30, Number(request.getResponseHeader("Retry-After")) || 3);
    const leave = () => {
      window.clearTimeout(waiting);
      say("");
    };
    const count = () => {
      if (seconds <= 0) return retry();
      say(`Busy. Trying again in ${seconds} s.`, { offer: { words: "Cancel", act: leave } });
      seconds -= 1;
      waiting = window.setTimeout(count, 1000);
    };
    count();
  };

  let wish = {}; /* how the next chosen file is to be read, and where it opens */

  const take = (files) => {
    const file = files[0];
    if (!file) return;
    const how = wish;
    wish = {};
    const note = files.length > 1 ? `. One file at a time, please. Reading the first: ${file.name}` : "";
    send(file, { ...how, note });
  };

  const chooser = () => {
    let input = document.getElementById("file-input");
    if (!input) {
      input = document.createElement("input");
      input.type = "file";
      input.id = "file-input";
      input.className = "visually-hidden";
      input.tabIndex = -1;
      input.setAttribute("aria-label", "File to read");
      input.addEventListener("change", () => {
        take(input.files);
        input.value = "";
      });
      document.body.append(input);
    }
    return input;
  };

  const overlay = (on) => document.getElementById("drop-overlay")?.classList.toggle("shown", on);
  const carriesFile = (event) => Array.from(event.dataTransfer?.types || []).includes("Files");

  hindcast.choose = (how = {}) => {
    wish = how;
    chooser().click();
  };

  /* What was copied in a spreadsheet is a table if it has more than one line. */
  const takeText = (text) => {
    if (text.trim().includes("\n")) return send(new Blob([text], { type: "text/csv" }));
    if (document.getElementById("dropzone") && text.trim()) {
      say("That is one line. Copy the rows with their times and values, then paste them here.", { refusal: true });
    }
  };

  document.addEventListener("DOMContentLoaded", chooser);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#choose")) hindcast.choose();
    if (event.target.closest?.("#paste-open")) {
      const box = document.getElementById("paste-box");
      box.hidden = !box.hidden;
      if (!box.hidden) box.focus();
    }
  });
  window.addEventListener("dragover", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    overlay(true);
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) overlay(false);
  });
  window.addEventListener("drop", (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    overlay(false);
    take(event.dataTransfer.files);
  });
  window.addEventListener("paste", (event) => {
    const field = event.target.closest?.("input:not([type=checkbox], [type=file]), textarea, [contenteditable]");
    if (field && field.id !== "paste-box") return;
    const data = event.clipboardData;
    if (field) event.preventDefault();
    /* A spreadsheet puts a picture of the cells beside their text; files that are no pictures were copied as files. */
    const text = data?.getData("text/plain") || "";
    const files = Array.from(data?.files || []);
    const isTable = text.trim() && files.every((file) => file.type.startsWith("image/"));
    if (files.length && !isTable) take(files);
    else takeText(text);
  });
})();
