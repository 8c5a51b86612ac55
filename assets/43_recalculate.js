/* Explore: computing this moment, the moments in the picture, or the whole file anew. */
(() => {
  const hindcast = window.hindcast;
  const gate = hindcast.gate;
  const SAID_MS = 8000;
  const LATE_MS = 6000;
  let timer = 0;
  let asked = 0; /* the wish that is not answered yet */

  const menu = () => document.getElementById("recalculate-menu");

  const say = (words, stays) => {
    window.clearTimeout(timer);
    hindcast.write("recalculate-said", words);
    if (!stays) timer = window.setTimeout(() => hindcast.write("recalculate-said", ""), SAID_MS);
  };

  const recalculate = (what) => {
    if (menu()) menu().open = false;
    if (!gate.facts) return;
    say("", true);
    const { handle, model, h } = gate.facts;
    if (what === "moment") return gate.refresh({ anew: true });
    const at = Date.now();
    asked = at;
    timer = window.setTimeout(unanswered, LATE_MS, at, what);
    const shown = { index: gate.hand, narrow: hindcast.narrow(), look: hindcast.look.query() };
    hindcast.set("recalculate", { data: { what, handle, model, h, ...shown, at } }, "recalculate-said");
  };

  /* No answer to a wish, because the server failed or nobody is there. Should one come after all, it is said instead. */
  const unanswered = (at, what) => {
    if (asked !== at) return;
    say("The server did not answer. ", true);
    const again = hindcast.element("button", "link", "Try again");
    again.dataset.recalculate = what;
    document.getElementById("recalculate-said")?.append(again);
  };

  /* The line under the rail counts while the file is being computed; `fill-seen` says when it rests. */
  const count = () => {
    gate.facts.paused = false;
    hindcast.set("tick", { disabled: false }, "fill");
  };

  /* The picture is asked for again: first its own forecast, then the rest in the background. */
  window.dash_clientside.explore.recalculated = (answer) => {
    if (!answer || !gate.facts) return;
    asked = 0;
    say(answer.said, !answer.accepted);
    if (!answer.accepted) return;
    gate.facts.complete = false;
    hindcast.frames.clear();
    count();
    gate.refresh();
  };

  const settled = gate.settled;
  gate.settled = (answer) => {
    settled(answer);
    if (answer.anew) say(answer.anew);
    if (gate.facts.paused) count();
  };

  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-recalculate]");
    if (choice) recalculate(choice.dataset.recalculate);
    else if (menu()?.open && !event.target.closest("#recalculate-menu")) menu().open = false;
  });

  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu()?.open) return;
    menu().open = false;
    menu().querySelector("summary").focus();
  });
})();
