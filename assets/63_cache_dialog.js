/* Cache: nothing is deleted unasked. One dialog says what goes and what stays; what the server refuses is said in it. */
(() => {
  const hindcast = window.hindcast;
  const cache = hindcast.cache;
  const API = hindcast.at("/api/v1");
  const TYPING_MS = 250;
  let asked = 0; /* the number of the last question about a stretch */
  let answered = null; /* what is told of the stretch now in the fields */
  let current = null;

  const byId = (id) => document.getElementById(id);
  const make = (tag, className, words) => hindcast.element(tag, className, words);
  const thousands = (n) => Number(n).toLocaleString("en").replaceAll(",", "\u202f");
  const forecasts = (n) => `${thousands(n)} ${n === 1 ? "forecast" : "forecasts"}`;
  const dialog = () => byId("cache-dialog");

  const sum = (list, field) => list.reduce((total, one) => total + one[field], 0);

  /* What cannot be computed again here is worth a word before it goes. */
  const lost = (list) => {
    const some = sum(list.filter((one) => !one.loaded), "done");
    return some ? ` ${forecasts(some)} ${some === 1 ? "is" : "are"} of a model that is not loaded: save ${some === 1 ? "it" : "them"} first, or ${some === 1 ? "it is" : "they are"} gone.` : "";
  };

  const upload = (row) => (row.kept ? "the uploaded file stays" : "the series stays");

  /* --- what can be deleted of a dataset --- */

  const chosen = (row) => {
    const at = byId("cache-which")?.value;
    return at === undefined || at === "all" ? row.forecasts : [row.forecasts[Number(at)]];
  };

  const query = (list, row, more = {}) => {
    const fields = new URLSearchParams(more);
    if (list.length === 1 && (row.forecasts.length > 1 || more.from)) {
      fields.set("model", list[0].model);
      fields.set("horizon", list[0].horizon);
    }
    return fields.size ? `?${fields}` : "";
  };

  const CHOICES = {
    forecasts: {
      label: "Its forecasts",
      can: (row) => row.forecasts.length > 0,
      words: (row, list) => {
        const size = list.length === 1 ? list[0].size : row.size;
        const some = list.length === 1 ? `, ${size}` : "";
        return `${forecasts(sum(list, "done"))} of ${cache.title(row)}${some}; ${upload(row)}. They are computed again when somebody opens it.${lost(list)}`;
      },
      button: (row, list) => `Delete ${forecasts(sum(list, "done"))}`,
      path: (row, list) => `${API}/cache/${row.handle}${query(list, row)}`,
      said: (row, list, answer) => `${forecasts(answer.origins)} of ${cache.title(row)} deleted.`,
    },
    stretch: {
      label: "The forecasts of a stretch of time",
      can: (row) => row.forecasts.some((one) => one.loaded) && !cache.others(row),
      words: () => answered?.words || answered?.refused || "\u2026",
      ready: () => Boolean(answered?.words),
      button: () => "Delete and compute anew",
      path: (row, list) => `${API}/cache/${row.handle}${query(list, row, { from: answered.first, to: answered.last })}`,
      said: (row, list, answer) => `${forecasts(answer.origins)} of ${cache.title(row)} deleted, to be computed anew.`,
    },
    dataset: {
      label: "The whole dataset",
      can: () => true,
      words: (row) =>
        `Everything kept of ${cache.title(row)}: ${thousands(row.points)} points${row.kept ? ", the uploaded file" : ""} and ${forecasts(sum(row.forecasts, "done"))}; this frees ${row.freed}. Links to it work again once the same file is dropped.${lost(row.forecasts)}`,
      button: () => "Delete the dataset",
      path: (row) => `${API}/datasets/${row.handle}`,
      said: (row) => `${cache.title(row)} deleted.`,
      gone: (row) => (other) => other.handle === row.handle,
    },
  };

  /* --- the dialog --- */

  const open = (title, body, act) => {
    const form = make("form");
    form.method = "dialog";
    const heading = make("h2", "", title);
    heading.id = "cache-question";
    const words = make("p", "dialog-words");
    words.id = "cache-words";
    const error = make("p", "dialog-error");
    error.setAttribute("role", "alert");
    const cancel = make("button", "button quiet", "Cancel");
    cancel.type = "button";
    cancel.id = "cache-cancel";
    cancel.addEventListener("click", () => dialog().close());
    const confirm = make("button", "button quiet danger", "Delete");
    confirm.type = "submit";
    confirm.id = "cache-confirm";
    const buttons = make("div", "dialog-buttons");
    buttons.append(cancel, confirm);
    form.append(heading, ...body, words, error, buttons);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!confirm.disabled) act(confirm, error);
    });
    dialog().replaceChildren(form);
    dialog().showModal();
    cancel.focus();
  };

  const radios = (row) => {
    const set = make("fieldset", "dialog-choices");
    set.append(make("legend", "visually-hidden", "What is deleted"));
    for (const [key, choice] of Object.entries(CHOICES)) {
      const label = make("label", "dialog-choice");
      const input = make("input");
      Object.assign(input, { type: "radio", name: "what", value: key, disabled: !choice.can(row) });
      if (input.disabled) label.title = cache.others(row) && key === "stretch" ? "Its owner alone can have it computed anew." : row.forecasts.length ? "Its model is not loaded." : "It has no forecasts.";
      label.append(input, choice.label);
      set.append(label);
    }
    return set;
  };

  const which = (row) => {
    const label = make("label", "dialog-field", "Of");
    const select = make("select");
    select.id = "cache-which";
    label.append(select);
    label.id = "cache-of";
    return label;
  };

  /* A stretch is one model's; all forecasts may be everybody's. */
  const offer = (row, what) => {
    const select = byId("cache-which");
    const before = select.value;
    const all = make("option", "", "all models");
    all.value = "all";
    const list = row.forecasts.map((one, k) => {
      const option = make("option", "", `${one.label} (${one.counts})`);
      option.value = String(k);
      option.disabled = what === "stretch" && !one.loaded;
      return option;
    });
    select.replaceChildren(...(what === "stretch" || row.forecasts.length < 2 ? [] : [all]), ...list);
    const can = [...select.options].filter((option) => !option.disabled);
    select.value = (can.find((option) => option.value === before) || can[0])?.value ?? "";
    hindcast.show("cache-of", what !== "dataset" && row.forecasts.length > 1);
  };

  const times = (row) => {
    const place = make("div", "dialog-times");
    place.id = "cache-times";
    for (const [name, words] of [["from", "From"], ["to", "To"]]) {
      const label = make("label", "dialog-field", words);
      const input = make("input");
      Object.assign(input, { type: "text", id: `cache-${name}`, autocomplete: "off", spellcheck: false, size: row.first.length + 1 });
      input.value = name === "from" ? row.first : row.last;
      label.append(input);
      place.append(label);
    }
    return place;
  };

  const ask = (row) => {
    asked += 1;
    answered = null;
    const one = chosen(row)[0];
    const data = { handle: row.handle, from: byId("cache-from").value, to: byId("cache-to").value, model: one?.model, horizon: one?.horizon, asked };
    hindcast.set("cache-between", { data }, "cache-times");
  };

  const tell = () => {
    const { row, what } = current;
    const choice = CHOICES[what];
    const list = chosen(row);
    hindcast.show("cache-times", what === "stretch");
    hindcast.write("cache-words", choice.words(row, list));
    hindcast.write("cache-confirm", choice.button(row, list));
    byId("cache-confirm").disabled = Boolean(choice.ready && !choice.ready());
  };

  const choose = (what) => {
    current.what = what;
    offer(current.row, what);
    if (what === "stretch" && !answered) ask(current.row);
    tell();
  };

  const askAbout = (row) => {
    current = { row, what: "dataset" };
    answered = null;
    open(`What of ${cache.title(row)} is to be deleted?`, [radios(row), which(row), times(row)], (confirm, error) => {
      const choice = CHOICES[current.what];
      const list = chosen(row);
      send(choice.path(row, list), confirm, error, (answer) => {
        if (choice.gone) hindcast.memory.forget(row.handle);
        cache.say(choice.said(row, list, answer));
        const next = document.querySelector(`tr[data-handle="${row.handle}"]`)?.nextElementSibling;
        cache.refresh(choice.gone?.(row));
        if (!choice.gone) return;
        (next?.isConnected ? next.querySelector("[data-delete]") : byId("cache-heading"))?.focus();
      });
    });
    const first = Object.keys(CHOICES).find((key) => CHOICES[key].can(row));
    dialog().querySelector(`input[value=${first}]`).checked = true;
    choose(first);
    let timer = 0;
    dialog().onchange = (event) => {
      if (event.target.name === "what") choose(event.target.value);
      else if (event.target.id === "cache-which") {
        if (current.what === "stretch") ask(row);
        tell();
      }
    };
    dialog().oninput = (event) => {
      if (!event.target.closest("#cache-times")) return;
      answered = null;
      tell();
      window.clearTimeout(timer);
      timer = window.setTimeout(() => byId("cache-times") && ask(row), TYPING_MS);
    };
  };

  const askAboutAll = () => {
    const rows = cache.rows();
    const all = rows.flatMap((row) => row.forecasts);
    open("Delete everything?", [], (confirm, error) => {
      send(`${API}/cache`, confirm, error, (answer) => {
        for (const row of rows) hindcast.memory.forget(row.handle);
        cache.say(`Everything deleted: ${thousands(answer.datasets)} ${answer.datasets === 1 ? "dataset" : "datasets"}.`);
        cache.refresh(() => true);
        byId("cache-heading")?.focus();
      });
    });
    const what = rows.length === 1 ? "The only dataset" : `All ${thousands(rows.length)} datasets`;
    hindcast.write(
      "cache-words",
      `${what} with ${rows.length === 1 ? "its" : "their"} uploaded files and ${forecasts(sum(all, "done"))}, of everybody who uses this server. This cannot be undone.${lost(all)}`,
    );
    hindcast.write("cache-confirm", "Delete everything");
  };

  const askAboutDamaged = (size) => {
    open("Delete what was set aside?", [], (confirm, error) => {
      send(`${API}/cache/damaged`, confirm, error, () => {
        cache.say(`What was set aside is deleted: ${size}.`);
        cache.refresh();
        byId("cache-heading")?.focus();
      });
    });
    hindcast.write("cache-words", `${size} of caches that could not be read. What could be rescued of them is in the list already; the rest is gone then.`);
  };

  const send = async (path, confirm, error, done) => {
    confirm.disabled = true;
    error.textContent = "";
    try {
      const response = await fetch(path, { method: "DELETE" });
      const answer = response.status === 204 ? {} : await response.json();
      if (!response.ok) throw new Error(answer.error.message);
      dialog().close();
      done(answer);
    } catch (problem) {
      const words = problem instanceof TypeError || problem instanceof SyntaxError ? "No answer from the server. Try again." : problem.message;
      error.textContent = words;
      confirm.disabled = false;
    }
  };

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest?.(selector);
    const away = hit("[data-delete]");
    if (away) {
      const row = cache.row(away.dataset.delete);
      if (row) askAbout(row);
    } else if (hit("#cache-flush")) askAboutAll();
    else if (hit("#cache-damaged")) askAboutDamaged(hit("#cache-damaged").dataset.size);
    else if (event.target.id === "cache-dialog") dialog().close(); /* the dimmed page around it */
  });

  window.dash_clientside.cache.stretch = (answer) => {
    if (!answer || answer.asked !== asked || !dialog()?.open || current?.what !== "stretch") return;
    answered = answer;
    tell();
  };
})();
