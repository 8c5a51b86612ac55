/* What is said when a picture is late, cannot be had, or nobody is there to ask. */
(() => {
  const hindcast = window.hindcast;
  const { gate } = hindcast;
  const SOON_MS = 250;
  const LONG_MS = 3000;
  const RETRY_MS = 1000;
  const LOST_MS = 25000; /* longer than the server takes to say that it is late */
  let timers = [];
  let waiting = false;

  const chart = () => document.getElementById("forecast")?.parentElement;
  const root = document.documentElement.classList;

  const say = (words) => {
    waiting = true;
    chart()?.classList.add("waiting");
    const note = hindcast.write("pending-note", words);
    hindcast.show("pending-note", true);
    return note;
  };

  /* The words about waiting appear when the hand rests and there is no forecast of its moment to look at. */
  const late = (words) => () => {
    const isThere = hindcast.painter.visible && gate.drawn === gate.hand;
    if (gate.flying && !isThere && !root.contains("offline")) say(words);
  };

  hindcast.lateness = {
    watch() {
      timers.forEach(window.clearTimeout);
      timers = [
        window.setTimeout(late("Computing this moment"), SOON_MS),
        window.setTimeout(late("Busy; still in line"), LONG_MS),
        window.setTimeout(listenFor, LONG_MS, gate.flying),
      ];
      if (gate.hand !== gate.flying?.index) quiet();
    },

    over() {
      timers.forEach(window.clearTimeout);
      timers = [];
      quiet();
    },

    /* The server fails again and again: that is said, and another try is the viewer's. */
    gaveUp() {
      const again = hindcast.element("button", "link", "Try again");
      again.dataset.go = "again";
      say("The server could not draw this moment. ")?.append(again);
    },
  };

  const quiet = () => {
    if (!waiting) return;
    waiting = false;
    chart()?.classList.remove("waiting");
    hindcast.show("pending-note", false);
  };

  /* A late answer may never come: ask whether anybody is there, and start anew once somebody is again. */
  const listenFor = async (flying) => {
    if (!flying || gate.flying !== flying) return;
    try {
      await fetch("/healthz", { cache: "no-store" });
      if (root.contains("offline")) {
        root.remove("offline");
        return gate.again(0);
      }
      if (performance.now() - flying.since > LOST_MS) return gate.again(0); /* the connection broke, and nobody said so */
    } catch {
      root.add("offline");
      hindcast.show("pending-note", false);
    }
    window.setTimeout(listenFor, root.contains("offline") ? RETRY_MS : LONG_MS, flying);
  };
})();
