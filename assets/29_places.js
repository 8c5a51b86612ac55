/* Where the hand was since it last rested. The newest of these places whose forecast is here is the one that is painted,
   and a frame never goes back to an older one. */
(() => {
  const { frames } = window.hindcast;
  const MOST = 64;
  let places = []; /* newest last: [index, how manieth move] */
  let moves = 0;
  let painted = 0; /* how manieth move's place is painted */

  window.hindcast.places = {
    went(index) {
      moves += 1;
      places = [...places.slice(1 - MOST), [index, moves]];
    },

    /* Once the hand rests nothing but its own forecast will do. */
    rested: () => (places = []),

    /* The index, the hand's own if it may be; null where none has come since. */
    newest(hand) {
      if (frames.at(hand)) {
        painted = moves;
        return hand;
      }
      for (let k = places.length - 1; k >= 0 && places[k][1] >= painted; k -= 1) {
        if (frames.at(places[k][0])) {
          painted = places[k][1];
          return places[k][0];
        }
      }
      return null;
    },
  };
})();
