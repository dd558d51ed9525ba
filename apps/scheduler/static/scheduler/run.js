// Shows what a run tells while it goes on: the page is read again whenever there is something new.
const LOOK_MS = 3_000;
const PAUSE_MS = 500;
let timer = 0;
const place = document.querySelector(".sched-log[data-live='yes']");

if (place) follow(place.dataset.run);

function follow(run) {
  say("It goes on; what it tells is shown as it comes.");
  const stream = new EventSource(`/scheduler/api/runs/${run}/events`);
  stream.addEventListener("line", soon);
  stream.addEventListener("end", () => location.reload());
  // How far it is comes in no line; and whoever looks after all tenants is a member of none, and
  // has no stream of theirs.
  setInterval(renew, LOOK_MS);
  addEventListener("pagehide", () => stream.close());
}

/** Read the page again, once for however many lines come together. */
function soon() {
  timer ||= setTimeout(async () => {
    await renew();
    timer = 0;
  }, PAUSE_MS);
}

async function renew() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const log = page.querySelector(".sched-log");
  if (!log || log.dataset.live !== "yes") {
    location.reload();
    return;
  }
  const far = page.querySelector("#sched-progress");
  const shown = document.querySelector("#sched-progress");
  if (!far !== !shown) location.reload();
  else if (far && far.textContent !== shown.textContent) shown.replaceWith(far);
  const [before, now] = [place.querySelector("table"), log.querySelector("table")];
  if (now && before?.textContent !== now.textContent) (before ?? place.firstElementChild).replaceWith(now);
}

function say(words) {
  place.querySelector("[role=status]").textContent = words;
}
