/* A page that gives way to another reading of its file stays in sight until that one is drawn: a copy without life is
   laid over the window meanwhile, so nothing flashes, jumps or scrolls. */
(() => {
  const hindcast = window.hindcast;
  const LONGEST_MS = 2500; /* then the new page is shown as it is */
  let drop = () => {};
  let aliased = false;

  /* Names are taken once in a document, so the copy's are kept in another attribute; rules by name hold for it, too. */
  const alias = () => {
    if (aliased) return;
    aliased = true;
    const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).map((rule) => rule.cssText);
    const byName = /#([A-Za-z][\w-]*)(?=[^{}]*\{)/g;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      rules.filter((rule) => rule.search(byName) >= 0).map((rule) => rule.replace(byName, ':is(#$1, [data-name="$1"])')).join("\n"),
    );
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  };

  const copyOf = (page) => {
    const copy = page.cloneNode(true);
    for (const node of [copy, ...copy.querySelectorAll("[id]")]) {
      if (node instanceof SVGElement) continue; /* what a drawing is cut by is found by its name */
      node.dataset.name = node.id;
      node.removeAttribute("id");
    }
    const drawn = page.querySelectorAll("canvas");
    copy.querySelectorAll("canvas").forEach((canvas, k) => drawn[k].width && canvas.getContext("2d").drawImage(drawn[k], 0, 0));
    copy.inert = true;
    return copy;
  };

  /* The page is another than the one of these facts, the picture of the moment under the hand is on the screen, and how
     the file was read stands above it. */
  const isThere = (left) => {
    if (document.querySelector("#page .plain")) return true;
    if (hindcast.gate.facts === left) return false;
    const picture = document.querySelector("#page #forecast");
    if (picture?.dataset.settled !== "true") return false;
    const strip = document.querySelector("#page #read-strip");
    const mine = hindcast.memory.get(hindcast.gate.facts?.handle)?.upload;
    if (mine && !strip.querySelector("details, [data-readback]")) return false;
    const picker = strip.querySelector("#picker:not([hidden])");
    return !picker || !picker.offsetParent || Boolean(picker.querySelector(".sparkline[style*=mask]"));
  };

  /* What somebody used has gone with the old page: its row's first button takes its place. */
  const focusAgain = (row) => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const terms = [...document.querySelectorAll("#read-strip dt")];
    const same = terms.find((term) => term.innerText === row)?.nextElementSibling?.querySelector("button");
    (same || document.querySelector("#read-strip summary"))?.focus({ preventScroll: true });
  };

  /* Keeps what is shown until the page that is gone to is there; to be called just before. */
  hindcast.keepInSight = () => {
    const page = document.getElementById("page");
    const picture = document.getElementById("forecast");
    if (!page || !picture) return;
    drop();
    alias();
    const at = window.scrollY;
    const row = document.activeElement?.closest("dd")?.previousElementSibling?.innerText;
    const curtain = hindcast.element("div", "curtain");
    const copy = copyOf(page);
    copy.style.marginTop = `${-at}px`;
    curtain.setAttribute("aria-hidden", "true");
    curtain.append(copy);
    document.body.append(curtain);
    delete picture.dataset.settled; /* should the new page take over this very element */
    const left = hindcast.gate.facts;
    const since = performance.now();
    let isUp = true;
    drop = () => {
      isUp = false;
      drop = () => {};
      curtain.remove();
    };
    const look = () => {
      if (!isUp) return;
      if (!isThere(left) && performance.now() - since < LONGEST_MS) return window.requestAnimationFrame(look);
      window.scrollTo(0, at);
      focusAgain(row);
      drop();
    };
    window.requestAnimationFrame(look);
  };

  window.addEventListener("popstate", () => drop());
})();
