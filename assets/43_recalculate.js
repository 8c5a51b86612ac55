/* Explore: computing this moment, the moments in the picture, or the whole file anew. */
(() => {
  const hindcast = window.hindcast;
  const gate = hindcast.gate;
  const SAID_MS = 8000;
  let timer = 0;

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
    const { handle, model } = gate.facts;
    if (what === "moment") gate.refresh({ anew: true });
    else hindcast.set("recalculate", { data: { what, handle, model, index: gate.hand, narrow: hindcast.narrow(), at: Date.now() } }, "recalculate-menu");
  };

  /* The picture is asked for again: first its own forecast, then the rest in the background. */
  window.dash_clientside.explore.recalculated = (answer) => {
    if (!answer || !gate.facts) return;
    say(answer.said, !answer.accepted);
    if (!answer.accepted) return;
    gate.facts.complete = false;
    hindcast.set("tick", { disabled: false }, "fill");
    gate.refresh();
  };

  const settled = gate.settled;
  gate.settled = (answer) => {
    settled(answer);
    if (answer.anew) say(answer.anew);
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
