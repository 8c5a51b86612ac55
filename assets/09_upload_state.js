/* What is said about a file on its way: in the drop zone where there is one, else in a sheet over the page. */
(() => {
  const hindcast = window.hindcast;
  const stage = () => document.getElementById("upload-state") || document.getElementById("upload-sheet");
  let act = () => {}; /* what the offered button does */

  const measure = (place, share) => {
    let bar = place.querySelector(".bar");
    if (share === null) return bar?.remove();
    if (!bar) {
      bar = hindcast.element("div", "bar");
      bar.append(hindcast.element("span"));
      place.append(bar);
    }
    bar.firstChild.style.width = `${Math.round(100 * share)}%`;
  };

  /* offer: {words, act}, a button behind the text. It stays the same one while the text beside it changes: a press that
     begins on one button and ends on another is none. stays: until it is closed, whichever page is opened meanwhile. */
  const say = (text, { refusal = false, share = null, offer = null, stays = false } = {}) => {
    const place = stays ? document.getElementById("upload-sheet") : stage();
    if (!place) return;
    const offered = place.querySelector("#upload-offer");
    act = offer?.act;
    if (text && !refusal && offered && offered.textContent === offer?.words && !place.classList.contains("refusal")) {
      offered.parentElement.firstChild.data = text;
      return measure(place, share);
    }
    place.replaceChildren();
    place.classList.toggle("refusal", refusal);
    place.setAttribute("role", refusal ? "alert" : "status");
    if (!text) return;
    const line = hindcast.element("p", "upload-line", text);
    if (offer) {
      const button = hindcast.element("button", refusal ? "button quiet" : "link", offer.words);
      button.id = "upload-offer";
      button.addEventListener("click", () => act());
      line.append(refusal ? " " : " \u00b7 ", button);
    }
    if ((refusal || stays) && place.id === "upload-sheet") {
      const close = hindcast.element("button", "link", "Close");
      close.addEventListener("click", () => say("", { stays }));
      line.append(" ", close);
    }
    place.append(line);
    measure(place, share);
  };

  hindcast.upload = { say, stage };
})();
