/* Home: the files this browser has looked at, and the sample's door. */
(() => {
  const hindcast = window.hindcast;

  const thousands = (n) => Number(n).toLocaleString("en").replaceAll(",", "\u202f");

  const progress = (file) => {
    const cell = hindcast.element("span", "recent-progress");
    if (!(file.total > 0)) return cell;
    cell.textContent = `${thousands(file.done)} of ${thousands(file.total)}`;
    if (file.done < file.total) {
      const bar = hindcast.element("span", "bar");
      const done = hindcast.element("span");
      done.style.width = `${(100 * file.done) / file.total}%`;
      bar.append(done);
      cell.append(bar);
    }
    return cell;
  };

  const row = ([handle, file]) => {
    const address = hindcast.address(handle, `i=${Number.isInteger(file.index) ? file.index : -12}`, file);
    const item = hindcast.element("div", "recent");
    const link = hindcast.element("a", "recent-link");
    link.href = address;
    link.addEventListener("click", (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      hindcast.go(address);
    });
    link.append(
      hindcast.element("span", "recent-name", file.name || "A shared file"),
      hindcast.sparkline(file.spark),
      hindcast.element("span", "recent-step", file.every ? `every ${file.every}` : ""),
      hindcast.element("span", "recent-period", file.period || ""),
      progress(file),
      hindcast.element("span", "recent-moment", file.clock || ""),
    );
    const away = hindcast.element("button", "recent-away", "\u00d7");
    away.title = "Take it off this list";
    away.setAttribute("aria-label", `Take ${file.name || "this file"} off the list`);
    away.addEventListener("click", () => {
      hindcast.memory.forget(handle);
      render();
    });
    item.append(link, away);
    return item;
  };

  const render = () => {
    const place = document.getElementById("recents");
    if (!place) return;
    const files = hindcast.memory.list().filter(([, file]) => !file.misread);
    place.replaceChildren();
    if (files.length) place.append(hindcast.element("h2", "", "Recent files"), ...files.map(row));
  };

  window.dash_clientside.home = {
    mount: () => {
      hindcast.gate.close();
      document.title = "Hindcast";
      render();
      return true;
    },
    open: (sample) => {
      if (!sample) return;
      if (sample.error) {
        const line = hindcast.element("p", "upload-line", sample.error);
        document.getElementById("upload-state")?.replaceChildren(line);
        return;
      }
      hindcast.memory.uploaded(sample);
      hindcast.go(hindcast.address(sample.handle, `i=${sample.index}`, sample));
    },
  };
})();
