// Goes through the runs of a schedule by the arrow keys, and says what is pointed at.
const told = document.querySelector("#sched-told");
const usual = told?.textContent;

function say(target) {
  if (told) told.textContent = target?.closest("[data-told]")?.dataset.told ?? usual;
}

/** Let one run of each schedule be met by the tabulator; the arrows lead to the others. */
function rove(lane) {
  const runs = [...lane.querySelectorAll("a")];
  if (!runs.length) return;
  const go = (at) => {
    for (const run of runs) run.setAttribute("tabindex", "-1");
    runs[at].setAttribute("tabindex", "0");
    return runs[at];
  };
  go(runs.length - 1);
  lane.addEventListener("keydown", (event) => {
    const here = runs.indexOf(document.activeElement);
    const at = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: runs.length - 1 }[event.key];
    if (at === undefined || here < 0) return;
    event.preventDefault();
    go(Math.min(Math.max(at, 0), runs.length - 1)).focus();
  });
}

for (const lane of document.querySelectorAll(".sched-lane")) {
  rove(lane);
  lane.addEventListener("focusin", (event) => say(event.target));
  lane.addEventListener("pointerover", (event) => say(event.target));
  lane.addEventListener("pointerleave", () => say(document.activeElement));
}

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const button = document.querySelector("#sched-own-zone");
const zone = document.querySelector("#id_zone");
if (button && zone && own && own !== zone.value) {
  button.hidden = false;
  button.addEventListener("click", () => {
    zone.value = own;
    zone.form.submit();
  });
}
