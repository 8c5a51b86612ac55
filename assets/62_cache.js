/* Cache: a row per dataset, renewed in its place. Names come from this browser's memory; what is hovered, focused or
   being asked about is neither moved nor taken away by a refresh. */
(() => {
  const hindcast = window.hindcast;
  const PAGE = 200; /* rows shown at once */
  const FEW = 10; /* rows that need no search */
  const LATE_MS = 12000;
  const cache = (hindcast.cache = {});
  const UPWARDS = new Set(["name", "start"]); /* what is sorted from small to large at first */
  let known = []; /* the rows as last sent, each with its name */
  let sort = { key: "used", up: false };
  let shown = PAGE;
  let wanted = "";
  let at = 0;
  let eager = false; /* the next look is one the person asked for */

  const byId = (id) => document.getElementById(id);
  const thousands = (n) => Number(n).toLocaleString("en").replaceAll(",", "\u202f");

  /* Only this browser knows the name; without one a dataset is called by its step and time. */
  const named = (row) => ({ ...row, own: hindcast.memory.get(row.handle)?.name || "" });
  cache.title = (row) => row.own || `${row.every}, ${row.period}`;
  cache.others = (row) => row.user !== null; /* who manages the cache may delete it, and not look at it */
  cache.row = (handle) => known.find((row) => row.handle === handle);
  cache.rows = () => known;

  const ago = (seconds) => {
    const past = Math.max(0, Date.now() / 1000 - seconds);
    if (past < 120) return "just now";
    if (past < 7200) return `${Math.floor(past / 60)} min ago`;
    if (past < 172800) return `${Math.floor(past / 3600)} h ago`;
    return `${thousands(Math.floor(past / 86400))} days ago`;
  };

  const exactly = (seconds) =>
    new Date(1000 * seconds).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

  const write = (node, words) => {
    if (node.textContent !== words) node.textContent = words;
  };

  const cell = (kind, label) => {
    const node = hindcast.element("td", `column-${kind}`);
    if (label) node.dataset.label = label;
    return node;
  };

  /* The moment that was last looked at here; and if nothing else is stored, a model that is not loaded, another length. */
  const address = (row) => {
    const seen = hindcast.memory.get(row.handle);
    const usual = Number(document.getElementById("page").dataset.horizon);
    const loaded = row.forecasts.filter((one) => one.loaded);
    const only = loaded.some((one) => one.horizon === usual) ? null : loaded[0] || row.forecasts[0];
    const model = seen?.model || (loaded.length ? null : only?.model);
    const h = seen ? seen.h : only?.horizon === usual ? null : only?.horizon;
    const where = [Number.isInteger(seen?.index) ? `i=${seen.index}` : "", model ? `model=${encodeURIComponent(model)}` : "", h ? `h=${h}` : ""];
    return hindcast.at(`/explore/${row.handle}?${where.filter(Boolean).join("&")}`.replace(/\?$/, ""));
  };

  /* --- one row --- */

  const make = (row) => {
    const line = document.createElement("tr");
    line.dataset.handle = row.handle;
    const name = cell("name");
    const link = hindcast.element("a", "cache-name");
    name.append(link);
    const used = cell("used", "Last used");
    used.append(document.createElement("time"));
    const actions = cell("actions");
    const away = hindcast.element("button", "link danger", "Delete\u2026");
    away.dataset.delete = row.handle;
    actions.append(away);
    line.append(name, cell("points", "Points"), cell("start"), cell("forecasts"), cell("bytes", "Size"), used, actions);
    fill(line, row);
    return line;
  };

  const fill = (line, row) => {
    const [name, points, time, forecasts, size, used, actions] = line.children;
    const title = cache.title(row);
    write(name.firstChild, row.own || row.period);
    const others = cache.others(row);
    if (others) name.firstChild.removeAttribute("href");
    else name.firstChild.href = address(row);
    name.firstChild.title = others ? "Its owner alone can open it" : row.own ? "Open" : "This browser does not know its name. Open it";
    name.classList.toggle("unnamed", !row.own);
    write(points, thousands(row.points));
    write(time, (row.own ? `${row.period}, ${row.every}` : row.every) + (others ? `, ${row.user || "another user"}\u2019s` : ""));
    write(size, row.size);
    write(used.firstChild, ago(row.used));
    used.firstChild.title = exactly(row.used);
    const labels = JSON.stringify(row.forecasts.map((one) => one.label));
    if (forecasts.dataset.labels !== labels) {
      forecasts.dataset.labels = labels;
      forecasts.replaceChildren(...(row.forecasts.length ? row.forecasts.map(part) : ["none"]));
    }
    row.forecasts.forEach((one, k) => fillPart(forecasts.children[k], row, one));
    const away = actions.firstChild;
    const words = `Delete ${title} or its forecasts`;
    if (away.getAttribute("aria-label") !== words) away.setAttribute("aria-label", words);
  };

  /* Forecasts of one model and length: what they are, how many, what is worth a word, and where to save them. */
  const part = (one) => {
    const node = hindcast.element("div", "stored");
    const bar = hindcast.element("span", "bar");
    bar.append(document.createElement("span"));
    const link = hindcast.element("a", "", "Save");
    link.download = "";
    link.title = "As Parquet: \u201cLoad an export\u201d takes it back";
    node.append(hindcast.element("span", "stored-model", one.label), hindcast.element("span", "stored-counts"), link, bar);
    node.append(hindcast.element("span", "stored-state"));
    return node;
  };

  const fillPart = (node, row, one) => {
    const [, counts, link, bar, state] = node.children;
    write(counts, one.counts);
    write(state, one.state);
    link.hidden = !(one.reachable && one.done) || cache.others(row);
    const which = `model=${encodeURIComponent(one.model)}&horizon=${one.horizon}`;
    link.href = hindcast.at(`/api/v1/datasets/${row.handle}/export.parquet?${which}`);
    link.setAttribute("aria-label", `Save the forecasts of ${cache.title(row)}, ${one.label}`);
    bar.hidden = one.done >= one.total;
    bar.firstChild.style.width = `${(100 * one.done) / Math.max(1, one.total)}%`;
  };

  /* --- all rows --- */

  const value = (row) => (sort.key === "name" ? cache.title(row).toLowerCase() : row[sort.key]);

  const ordered = () => {
    const found = known.filter((row) => `${cache.title(row)} ${row.period} ${row.every}`.toLowerCase().includes(wanted));
    const before = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    return found.sort((a, b) => (sort.up ? 1 : -1) * before(value(a), value(b)) || before(a.handle, b.handle));
  };

  const isBusy = () => {
    const table = byId("cache-rows");
    return byId("cache-dialog")?.open || table.matches(":hover") || table.contains(document.activeElement);
  };

  /* The rows that are there keep their elements; `calm`: nothing moves, whatever the order is now. */
  const draw = ({ calm = false } = {}) => {
    const table = byId("cache-rows");
    if (!table) return;
    const lines = new Map([...table.children].map((line) => [line.dataset.handle, line]));
    const rows = ordered();
    const there = new Set(known.map((row) => row.handle));
    if (calm && lines.size) {
      for (const [handle, line] of lines) {
        line.classList.toggle("gone", !there.has(handle));
        const row = cache.row(handle);
        if (row) fill(line, row);
      }
    } else {
      const page = rows.slice(0, shown).map((row) => {
        const line = lines.get(row.handle);
        if (line) fill(line, row);
        line?.classList.remove("gone");
        return line || make(row);
      });
      const same = page.length === table.children.length && page.every((line, k) => table.children[k] === line);
      if (!same) table.replaceChildren(...page);
    }
    around(rows.length);
  };

  const around = (found) => {
    hindcast.show("cache-list", known.length > 0);
    hindcast.show("cache-empty", known.length === 0);
    hindcast.show("cache-more", found > shown);
    hindcast.write("cache-more", `Show ${thousands(Math.min(PAGE, found - shown))} more of ${thousands(found)}`);
    search();
    for (const button of document.querySelectorAll(".cache-table [data-sort]")) {
      const on = button.dataset.sort === sort.key;
      const head = button.closest("th");
      if (on) head.setAttribute("aria-sort", sort.up ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  };

  const search = () => {
    const place = byId("cache-find");
    if (!place || place.firstChild || known.length <= FEW) return;
    const input = hindcast.element("input", "find");
    input.type = "search";
    input.placeholder = "Find a dataset";
    input.setAttribute("aria-label", "Find a dataset by name or time");
    input.addEventListener("input", () => {
      wanted = input.value.trim().toLowerCase();
      shown = PAGE;
      draw();
    });
    place.append(input);
  };

  cache.say = (words, failed = false) => {
    const node = hindcast.write("cache-said", words);
    node?.classList.toggle("failed", failed);
  };

  /* Ask for a new look at once; what the person did is shown whatever is hovered. */
  cache.refresh = (gone = null) => {
    if (gone) {
      known = known.filter((row) => !gone(row));
      draw();
    }
    eager = true;
    hindcast.set("cache-wish", { data: Date.now() }, "cache-list");
  };

  /* An export that was loaded while this page is open stays in the list; anything else is opened. */
  hindcast.taken = (answer) => {
    if (!byId("cache-list") || answer.upload_id) return false;
    const rest = answer.model_loaded ? "" : " Its model is not loaded here: what is missing cannot be computed.";
    cache.say(`Loaded: ${thousands(answer.imported)} forecasts of ${answer.model}.${rest}`);
    cache.refresh();
    return true;
  };

  document.addEventListener("click", (event) => {
    const table = event.target.closest?.("#cache-list");
    if (!table) return;
    const link = event.target.closest(".cache-name[href]");
    if (link && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)) {
      event.preventDefault();
      return hindcast.go(link.getAttribute("href"));
    }
    const head = event.target.closest("[data-sort]");
    if (head) {
      const key = head.dataset.sort;
      sort = { key, up: sort.key === key ? !sort.up : UPWARDS.has(key) };
      draw();
    }
    if (event.target.closest("#cache-more")) {
      shown += PAGE;
      draw();
    }
  });

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) at = Date.now();
    hindcast.set("cache-tick", { disabled: document.hidden }, "cache-list");
  });

  window.setInterval(() => {
    const node = byId("cache-list") && byId("cache-seen");
    if (!node || !at || document.hidden) return;
    const late = Date.now() - at > LATE_MS;
    node.classList.toggle("late", late);
    hindcast.write("cache-seen", late ? `No answer since ${new Date(at).toLocaleTimeString("en-GB")}. Trying again.` : "");
  }, 1000);

  window.dash_clientside.cache = {
    seen: (look) => {
      if (!look) return window.dash_clientside.no_update;
      document.title = "Cache \u00b7 Hindcast";
      if (look.error) {
        hindcast.write("cache-seen", `${look.error} Trying again.`)?.classList.add("late");
        return look.at;
      }
      at = Date.now();
      const isNew = !byId("cache-rows").children.length;
      if (isNew) [wanted, shown] = ["", PAGE];
      hindcast.write("cache-heading", look.heading);
      for (const [id, part] of Object.entries(look.live)) hindcast.renew(id, part);
      if (look.rows) known = look.rows.map(named);
      draw({ calm: isBusy() && !eager });
      eager = false;
      return look.at;
    },
  };
})();
