/* Another column or another series of the same file: the kept upload is read again, at the same moment in time. */
(() => {
  const hindcast = window.hindcast;

  const choices = () => {
    const chosen = new URLSearchParams();
    for (const select of document.querySelectorAll("#read-strip select[data-option]")) {
      chosen.set(select.dataset.option, select.value);
    }
    return chosen;
  };

  const say = (words) => {
    const place = document.getElementById("reread-note");
    if (place) place.textContent = words;
  };

  const reread = async (select) => {
    const { facts, time } = hindcast.gate;
    const upload = facts && hindcast.memory.get(facts.handle)?.upload;
    if (!upload) return;
    const asked = choices();
    /* Another value column may have other series: only what was changed is asked for where they depend on each other. */
    if (select.dataset.option === "value") {
      asked.delete("series");
      asked.delete("decimal");
    }
    asked.set("upload", upload);
    if (facts.model) asked.set("model", facts.model);
    select.disabled = true;
    say("Reading");
    try {
      const answer = await fetch(`/api/v1/datasets?${asked}`, { method: "POST" });
      const said = await answer.json();
      if (!answer.ok) return say(said.error.message);
      hindcast.memory.uploaded(said);
      hindcast.leave();
      hindcast.go(hindcast.address(said.handle, `t=${encodeURIComponent(time)}`, facts.model));
    } catch {
      say("No connection to the server. Try again.");
    } finally {
      select.disabled = false;
    }
  };

  /* The words about the reading did not come: the same question, asked again. */
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-readback]")) return;
    const upload = hindcast.memory.get(hindcast.gate.facts?.handle)?.upload;
    if (upload) hindcast.set("mine", { data: { upload, at: Date.now() } }, "read-strip");
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches?.("#read-strip select[data-option]")) reread(event.target);
  });
})();
