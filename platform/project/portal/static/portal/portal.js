// Keeps the health of every service current, and copies the example.
const list = document.querySelector("[data-services]");

function show(name, health) {
  for (const dot of document.querySelectorAll(`[data-dot="${name}"]`)) dot.setAttribute("class", `dot ${health}`);
  for (const text of document.querySelectorAll(`[data-health="${name}"]`)) {
    text.textContent = health[0].toUpperCase() + health.slice(1);
  }
}

async function refresh() {
  try {
    const response = await fetch(list.dataset.services);
    for (const { name, health } of (await response.json()).services) show(name, health);
  } catch {
    // Nobody answers, not even this process: what was shown is true no more.
    for (const text of document.querySelectorAll("[data-health]")) show(text.dataset.health, "unknown");
  }
}

refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 10000);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    told.textContent = button.textContent = "Copied";
  } catch {
    // Without a secure context there is no clipboard: select it, so that one keystroke copies.
    getSelection().selectAllChildren(source);
    told.textContent = button.textContent = "Selected: press Ctrl-C";
  }
  setTimeout(() => { button.textContent = "Copy"; told.textContent = ""; }, 2000);
});
