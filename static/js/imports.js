// Moves the bar of an import that is under way, and shows its page again once it is done.
const EVERY = 2000;
const place = document.querySelector("[data-progress]");

async function look() {
  try {
    const answer = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } });
    const run = await answer.json();
    if (run.state !== "waiting" && run.state !== "running") return location.reload();
    const bar = place.querySelector("progress");
    if (run.total) {
      bar.max = run.total;
      bar.value = run.done;
    }
    place.querySelector("[role=status]").textContent = run.words;
  } catch {
    // Offline, or logged out: the link below the bar says so when it is followed.
  }
  setTimeout(look, EVERY);
}

if (place) setTimeout(look, EVERY);
