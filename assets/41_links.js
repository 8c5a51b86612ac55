/* The link to what is shown. Where there are users, the one that an owner copies bears a token, by which others may look
   at this series until its links are ended. */
(() => {
  const hindcast = window.hindcast;
  const gate = hindcast.gate;
  const SAID_MS = 4000;
  const COPIED = {
    everybodys: "Copied. Anyone who can open this Hindcast sees exactly this view.",
    own: "Copied. Whoever has it sees exactly this view, and all of this series, until you end its links.",
    shown: "Copied. It opens for those who have a link from this series\u2019 owner.",
  };
  const tokens = new Map(); /* handle -> the token of a link, made once */

  const answer = (button, words) => {
    button.dataset.said = words;
    window.setTimeout(() => delete button.dataset.said, SAID_MS);
  };

  const ask = (handle, method) => fetch(hindcast.at(`/api/v1/datasets/${handle}/shares`), { method }).catch(() => null);

  const token = async (handle) => {
    if (!tokens.has(handle)) {
      const made = await ask(handle, "POST");
      if (!made?.ok) return null;
      tokens.set(handle, (await made.json()).token);
    }
    return tokens.get(handle);
  };

  hindcast.copyLink = async () => {
    const button = document.getElementById("copy-link");
    if (!button || !gate.facts) return;
    const { handle } = gate.facts;
    const { stands } = button.dataset;
    let address = window.location.origin + hindcast.address(handle, `i=${gate.hand}`, gate.facts);
    if (stands === "own") {
      const given = await token(handle);
      if (!given) return answer(button, "No link could be made right now.");
      address += `&share=${given}`;
    }
    try {
      await navigator.clipboard.writeText(address);
      answer(button, COPIED[stands]);
    } catch {
      window.prompt("Copy this link:", address);
    }
  };

  const end = async () => {
    const { handle } = gate.facts;
    const ended = await ask(handle, "DELETE");
    tokens.delete(handle);
    hindcast.write("recalculate-said", ended?.ok ? "Its links show nothing any more." : "They could not be ended right now.");
  };

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#copy-link")) hindcast.copyLink();
    else if (event.target.closest?.("#end-links") && gate.facts) end();
  });
})();
